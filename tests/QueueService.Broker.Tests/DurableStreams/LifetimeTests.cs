using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.DurableStreams.DurableStreamFixture;

namespace QueueService.Broker.Tests.DurableStreams;

public sealed class LifetimeTests : IDisposable
{
    private readonly DurableStreamFixture _streams = new();

    public void Dispose() => _streams.Dispose();

    [Fact]
    public void A_stream_ends_when_nobody_has_used_it_for_its_time_to_live()
    {
        _streams.Create(Draft("a") with { TtlSeconds = 160 }, "x");
        Pass(159);
        Assert.True(_streams.Get("a").Succeeded);
        Pass(12);
        Assert.Equal("DurableStreamNotFound", _streams.Text("a"));
        Assert.Equal(BrokerError.DurableStreamNotFound, _streams.Append("a", "y"));
        _streams.Create(Draft("a"), "new");
        Assert.Equal("new|", _streams.Text("a"));
    }

    [Fact]
    public void Reads_and_appends_prolong_a_life_over_restarts_and_looking_does_not()
    {
        _streams.Create(Draft("a") with { TtlSeconds = 160 });
        for (int i = 0; i < 5; i++)
        {
            Pass(120);
            Assert.Equal("|", _streams.Text("a"));
            _streams.Harness.CutPowerAndRestart((ulong)i);
        }

        Pass(120);
        Assert.Equal(BrokerError.None, _streams.Append("a", "x"));
        _streams.Harness.KillAndRestart();
        Pass(120);
        Assert.True(_streams.Get("a").Succeeded);
        Pass(51);
        Assert.Equal(BrokerError.DurableStreamNotFound, _streams.Get("a").Error);
    }

    [Fact]
    public void A_use_that_was_not_written_down_is_not_missed_after_a_crash()
    {
        _streams.Create(Draft("a") with { TtlSeconds = 160 });

        // Not a sixteenth of its time after the creation.
        Pass(9);
        Assert.Equal("|", _streams.Text("a"));
        _streams.Harness.CutPowerAndRestart(1);
        Pass(159);
        Assert.Equal("|", _streams.Text("a"));
    }

    [Fact]
    public void A_stream_ends_at_its_instant_whatever_is_done_with_it()
    {
        long now = _streams.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _streams.Create(Draft("a") with { ExpiresAt = now + 60_000 }, "x");
        Pass(50);
        Assert.Equal("x|", _streams.Text("a"));
        _streams.Harness.KillAndRestart();
        Pass(11);
        Assert.Equal("DurableStreamNotFound", _streams.Text("a"));
    }

    [Fact]
    public void A_source_that_has_expired_is_kept_for_its_forks_and_a_fork_takes_its_life_from_it()
    {
        _streams.Create(Draft("a") with { TtlSeconds = 60 }, "1");
        _streams.Create(Fork("b", "a") with { TtlSeconds = 600 }, "2");
        _streams.Create(Fork("c", "a"));
        Assert.Equal(60, _streams.Get("c").Value.Config.TtlSeconds);
        Pass(65);
        Assert.Equal(("DurableStreamGone", "DurableStreamNotFound"), (_streams.Text("a"), _streams.Text("c")));
        _streams.Harness.Sweep();
        _streams.Harness.KillAndRestart();
        Assert.Equal(("DurableStreamGone", "12|"), (_streams.Text("a"), _streams.Text("b")));
        Pass(700);
        _streams.Harness.Sweep();
        _streams.Create(Draft("a"));
    }

    [Fact]
    public void What_has_expired_is_deleted_by_the_sweep_with_those_who_wait()
    {
        _streams.Create(Draft("a") with { TtlSeconds = 1 });
        Task<Result<DurableStreamPage>> reader = _streams.Wait("a", 0);
        Pass(2);
        _streams.Harness.Sweep();
        Assert.Equal(BrokerError.DurableStreamNotFound, BrokerHarness.Answer(reader).Error);
        Assert.Equal(0, _streams.Harness.Broker.Shard.Catalog.Count(QueueKind.DurableStream));
    }

    /// <summary>In steps: the broker's clock follows one that jumps only slowly.</summary>
    private void Pass(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _streams.Harness.Time.Advance(TimeSpan.FromSeconds(1));
            _streams.Harness.Turn();
        }
    }
}
