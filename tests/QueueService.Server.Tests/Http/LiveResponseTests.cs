using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using QueueService.Server.Http;
using QueueService.Testing;

namespace QueueService.Server.Tests.Http;

public sealed class LiveResponseTests : IDisposable
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly LiveStreams _streams;

    public LiveResponseTests() => _streams = new LiveStreams(1, _time);

    public void Dispose() => _streams.Dispose();

    [Fact]
    public async Task A_reader_that_takes_nothing_until_the_deadline_is_disconnected()
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 10, resumeWriterThreshold: 5));
        (DefaultHttpContext http, Lifetime lifetime) = Context(pipe);
        Task<bool> sending = new LiveResponse(http, _streams).Write(Output()).AsTask();
        Assert.False(sending.IsCompleted);
        _time.Advance(Limits.WriteDeadline);
        Assert.False(await sending);
        Assert.True(lifetime.WasAborted);
    }

    [Fact]
    public async Task A_reader_that_takes_it_before_the_deadline_goes_on()
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 10, resumeWriterThreshold: 5));
        (DefaultHttpContext http, Lifetime lifetime) = Context(pipe);
        JsonOutput output = Output();
        Task<bool> sending = new LiveResponse(http, _streams).Write(output).AsTask();
        _time.Advance(Limits.WriteDeadline / 2);
        ReadResult read = await pipe.Reader.ReadAsync();
        pipe.Reader.AdvanceTo(read.Buffer.End);
        Assert.True(await sending);
        Assert.Equal(0, output.Length);
        Assert.False(lifetime.WasAborted);
    }

    [Theory]
    [InlineData(1_024)]
    [InlineData(60_000)]
    [InlineData(9_000_000)]
    public async Task What_is_held_for_a_reader_that_takes_nothing_is_two_chunks_at_most(int eventBytes)
    {
        // As Kestrel has it.
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: Limits.ResponseChunk, useSynchronizationContext: false));
        LiveResponse response = new(Context(pipe).Http, _streams);
        byte[] one = new byte[eventBytes];
        Task<bool> adding = Task.FromResult(true);
        for (int i = 0; adding.IsCompletedSuccessfully; i++)
        {
            Assert.True(i < 1_000, "It never waits.");
            adding = response.Add(one).AsTask();
            if (adding.IsCompletedSuccessfully && i % 16 == 15) adding = response.Flush().AsTask();
        }

        ReadResult held = await pipe.Reader.ReadAsync();
        Assert.InRange(held.Buffer.Length, Limits.ResponseChunk, 2 * Limits.ResponseChunk);
        _time.Advance(Limits.WriteDeadline);
        Assert.False(await adding);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_stops_waits_a_second_for_a_reader_that_takes_nothing(bool stopsBefore)
    {
        // Whatever follows an event has run when the event is over.
        SynchronizationContext.SetSynchronizationContext(null);
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 10, resumeWriterThreshold: 5));
        (DefaultHttpContext http, Lifetime lifetime) = Context(pipe);
        LiveResponse response = new(http, _streams);
        if (stopsBefore) await _streams.Drain();
        Task<bool> sending = response.Write(Output()).AsTask();
        if (!stopsBefore) await _streams.Drain();
        _time.Advance(Limits.Farewell - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await sending);
        Assert.True(lifetime.WasAborted);
    }

    private static JsonOutput Output() =>
        JsonOutput.Rent().BeginEvent("stats"u8, default).Raw("{\"queues\":1}"u8).EndEvent();

    private static (DefaultHttpContext Http, Lifetime Lifetime) Context(Pipe pipe)
    {
        DefaultHttpContext http = new();
        Lifetime lifetime = new();
        http.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        http.Features.Set<IHttpResponseBodyFeature>(new Body(pipe.Writer));
        return (http, lifetime);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool WasAborted { get; private set; }

        public void Abort() => WasAborted = true;
    }

    private sealed class Body(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public PipeWriter Writer => writer;

        public Stream Stream => writer.AsStream();

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(
            string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
