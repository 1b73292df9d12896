using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.DurableStreams.DurableStreamFixture;

namespace QueueService.Broker.Tests.DurableStreams;

public sealed class DurableStreamTests : IDisposable
{
    private readonly DurableStreamFixture _streams = new();

    public void Dispose() => _streams.Dispose();

    [Fact]
    public void What_was_appended_is_there_after_kills_and_power_cuts_in_its_order()
    {
        _streams.Create(Draft("chats/7"), "first,");
        string expected = "first,";
        for (int i = 0; i < 600; i++)
        {
            string body = $"{i}{new string('x', i % 97)},";
            Assert.Equal(BrokerError.None, _streams.Append("chats/7", body));
            expected += body;
            if (i % 150 == 70) _streams.Harness.KillAndRestart();
            if (i % 150 == 140) _streams.Harness.CutPowerAndRestart((ulong)i);
        }

        Assert.Equal(expected + "|", _streams.Text("chats/7"));
        Assert.Equal(601, _streams.Get("chats/7").Value.End);
    }

    [Fact]
    public void A_path_has_one_stream_and_the_same_declaration_again_changes_nothing()
    {
        _streams.Create(Draft("a"), "x");
        _streams.Append("a", "y");
        _streams.Harness.KillAndRestart();
        Assert.False(_streams.Put(Draft("a"), "x").Value.Created);
        Assert.False(_streams.Put(Draft("a") with { ContentType = "TEXT/plain; charset=utf-8" }).Value.Created);
        Assert.Equal(
            BrokerError.DurableStreamExists, _streams.Put(Draft("a") with { ContentType = "text/html" }).Error);
        Assert.Equal(BrokerError.DurableStreamExists, _streams.Put(Draft("a") with { TtlSeconds = 9 }).Error);
        Assert.Equal("xy|", _streams.Text("a"));
        Assert.Equal(BrokerError.None, _streams.Delete("a"));
        Assert.Equal(BrokerError.DurableStreamNotFound, _streams.Delete("a"));
        _streams.Create(Draft("a") with { TtlSeconds = 9 });
        Assert.Equal("|", _streams.Text("a"));
    }

    [Fact]
    public void A_stream_that_was_closed_with_a_last_append_is_closed_after_any_end_of_the_process()
    {
        _streams.Create(Draft("a"), "x");
        Assert.Equal(BrokerError.None, _streams.Close("a", "y"));
        for (ulong seed = 1; seed <= 3; seed++)
        {
            _streams.Harness.CutPowerAndRestart(seed);
            Assert.Equal("xy|.", _streams.Text("a"));
            Assert.Equal(BrokerError.DurableStreamClosed, _streams.Append("a", "z"));
            Assert.Equal(BrokerError.DurableStreamClosed, _streams.Close("a", "z"));
            Assert.Equal(BrokerError.None, _streams.Close("a"));
        }

        _streams.Harness.CloseAndRestart();
        Assert.True(_streams.Get("a").Value.IsClosed);
    }

    [Fact]
    public void A_power_cut_before_the_commit_leaves_neither_the_last_append_nor_the_close()
    {
        _streams.Create(Draft("a"), "x");
        using MessageBatch batch = BrokerHarness.Batch("y");
        Task<Result<DurableAppendOutcome>> append = BrokerHarness.Begin(() => _streams.Harness.Broker.AppendDurable(
            new DurableStreamAppend(Name("a")) { Closes = true, ContentType = "text/plain" }, batch));
        Assert.False(append.IsCompleted);
        _streams.Harness.CutPowerAndRestart(1);
        Assert.Equal("x|", _streams.Text("a"));
    }

    [Fact]
    public void Who_waits_at_the_end_hears_of_an_append_and_of_the_close()
    {
        _streams.Create(Draft("a"), "x");
        Task<Result<DurableStreamPage>> first = _streams.Wait("a", 1);
        _streams.Append("a", "y");
        Assert.Equal("y|", Text(BrokerHarness.Answer(first).Value));
        Task<Result<DurableStreamPage>> last = _streams.Wait("a", 2);
        _streams.Close("a", "z");
        Assert.Equal("z|.", Text(BrokerHarness.Answer(last).Value));
        _streams.Create(Draft("b"));
        Task<Result<DurableStreamPage>> silent = _streams.Wait("b", 0);
        _streams.Close("b");
        Assert.Equal("|.", Text(BrokerHarness.Answer(silent).Value));
        _streams.Create(Draft("c"));
        Task<Result<DurableStreamPage>> gone = _streams.Wait("c", 0);
        _streams.Delete("c");
        Assert.Equal(BrokerError.DurableStreamNotFound, BrokerHarness.Answer(gone).Error);
    }

    [Fact]
    public void A_retry_of_a_producer_is_recognised_after_a_restart_however_old_it_is()
    {
        _streams.Create(Draft("a"));
        for (int i = 0; i < 9; i++)
            Assert.False(_streams.Produce("a", "p", 0, i, $"{i}").Value.IsDuplicate);
        _streams.Harness.KillAndRestart();
        foreach (long sequence in new[] { 0, 8 })
        {
            DurableAppendOutcome retry = _streams.Produce("a", "p", 0, sequence, "again").Value;
            Assert.Equal((true, 8L), (retry.IsDuplicate, retry.Sequence));
        }

        DurableAppendOutcome gap = _streams.Produce("a", "p", 0, 10, "gap").Value;
        Assert.Equal((BrokerError.ProducerSequenceGap, 9L), (gap.Refused, gap.Expected));
        Assert.Equal(BrokerError.ProducerEpochNotBegun, _streams.Produce("a", "p", 1, 1, "epoch").Value.Refused);
        Assert.Equal(BrokerError.None, _streams.Produce("a", "p", 1, 0, "!").Value.Refused);
        DurableAppendOutcome fenced = _streams.Produce("a", "p", 0, 9, "old").Value;
        Assert.Equal((BrokerError.ProducerFenced, 1L), (fenced.Refused, fenced.Expected));
        Assert.Equal("012345678!|", _streams.Text("a"));
    }

    [Fact]
    public void A_sequence_rises_also_over_restarts()
    {
        _streams.Create(Draft("a"));
        Assert.Equal(BrokerError.None, Sequence("2"));
        _streams.Harness.CloseAndRestart();
        Assert.Equal(BrokerError.StreamSequenceNotRising, Sequence("10"));
        Assert.Equal(BrokerError.StreamSequenceNotRising, Sequence("2"));
        Assert.Equal(BrokerError.None, Sequence("20"));
    }

    private BrokerError Sequence(string sequence) =>
        _streams.Append(new DurableStreamAppend(Name("a")) { Sequence = sequence }, "x").Value.Refused;
}
