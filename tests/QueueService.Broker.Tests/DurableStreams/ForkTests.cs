using QueueService.Broker.DurableStreams;
using static QueueService.Broker.Tests.DurableStreams.DurableStreamFixture;

namespace QueueService.Broker.Tests.DurableStreams;

public sealed class ForkTests : IDisposable
{
    private readonly DurableStreamFixture _streams = new();

    public void Dispose() => _streams.Dispose();

    [Fact]
    public void A_fork_begins_with_what_its_source_had_and_goes_its_own_way()
    {
        _streams.Create(Draft("a"), "1");
        _streams.Append("a", "2");
        _streams.Create(Fork("b", "a", at: 1), "x");
        _streams.Create(Fork("c", "b"));
        _streams.Append("a", "3");
        _streams.Append("b", "y");
        _streams.Append("c", "z");
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Assert.Equal(("123|", "1xy|", "1xz|"), (_streams.Text("a"), _streams.Text("b"), _streams.Text("c")));
            Assert.Equal(("xz|", "z|", "|"), (_streams.Text("c", 1), _streams.Text("c", 2), _streams.Text("c", 3)));
            Assert.Equal(
                ("1", "x", "1x"), (_streams.Text("c", 0, 1), _streams.Text("c", 1, 1), _streams.Text("c", 0, 2)));
            Assert.Equal("DurableOffsetBeyondEnd", _streams.Text("c", 4));
            _streams.Harness.CutPowerAndRestart(seed);
        }
    }

    [Fact]
    public void A_source_that_was_deleted_is_kept_for_its_forks_over_restarts_and_goes_with_the_last_of_them()
    {
        _streams.Create(Draft("a"), "1");
        _streams.Create(Fork("b", "a"), "2");
        _streams.Create(Fork("c", "b"), "3");
        Assert.Equal(BrokerError.None, _streams.Delete("a"));
        Assert.Equal(BrokerError.None, _streams.Delete("b"));
        BrokerHarness harness = _streams.Harness;
        foreach (Action restart in new Action[]
            { harness.KillAndRestart, () => harness.CutPowerAndRestart(5), harness.CloseAndRestart })
        {
            restart();
            _streams.Harness.Sweep();
            Assert.Equal("123|", _streams.Text("c"));
            Assert.Equal("DurableStreamGone", _streams.Text("a"));
            Assert.Equal(BrokerError.DurableStreamGone, _streams.Append("b", "x"));
            Assert.Equal(BrokerError.DurableStreamGone, _streams.Delete("a"));
            Assert.Equal(BrokerError.DurableStreamExists, _streams.Put(Draft("a")).Error);
            Assert.Equal(BrokerError.ForkSourceGone, _streams.Put(Fork("d", "a")).Error);
        }

        Assert.Equal(BrokerError.None, _streams.Delete("c"));
        Assert.Equal("DurableStreamNotFound", _streams.Text("b"));
        _streams.Create(Draft("a"), "new");
        _streams.Harness.KillAndRestart();
        Assert.Equal("new|", _streams.Text("a"));
    }

    [Fact]
    public void What_cannot_be_forked_is_refused_and_keeps_nothing_alive()
    {
        _streams.Create(Draft("a"), "1");
        Assert.Equal(BrokerError.ForkSourceNotFound, _streams.Put(Fork("x", "absent")).Error);
        Assert.Equal(BrokerError.ForkOffsetBeyondEnd, _streams.Put(Fork("x", "a", at: 2)).Error);
        Assert.Equal(
            BrokerError.ContentTypeMismatch, _streams.Put(Fork("x", "a") with { ContentType = "text/html" }).Error);
        Assert.Equal(BrokerError.None, _streams.Delete("a"));
        Assert.Equal("DurableStreamNotFound", _streams.Text("a"));
    }

    [Fact]
    public void Forks_of_forks_end_at_a_depth()
    {
        _streams.Create(Draft("0"), "0");
        for (int i = 1; i < DurableStreamLimits.MaxForkDepth; i++)
            _streams.Create(Fork($"{i}", $"{i - 1}"), $"{i % 10}");
        Assert.Equal("0123456789012345|", _streams.Text($"{DurableStreamLimits.MaxForkDepth - 1}"));
        Assert.Equal(BrokerError.ForkTooDeep, _streams.Put(Fork("x", $"{DurableStreamLimits.MaxForkDepth - 1}")).Error);
    }
}
