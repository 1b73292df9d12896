using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>
/// The temporary queue in which answers to requests arrive: one for the process, made with the first request, read
/// here, and deleted when the server stops or starts again. An answer for which nobody waits any more is dropped.
/// </summary>
internal sealed class ReplyInbox(TimeProvider time) : IAsyncDisposable
{
    /// <summary>Queues whose names begin so are temporary: nobody else may create them.</summary>
    public const string Prefix = "_reply.";

    private const int PageQueues = 1_000;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private static readonly QueueConfig Config = new()
    {
        // Whoever waits is gone after a crash, so nothing here has to outlive one.
        Durability = Durability.Memory, RetentionSeconds = QueueConfigLimits.MinRetentionSeconds,
    };

    private readonly ConcurrentDictionary<string, TaskCompletionSource<ReplyMessage?>> _waiting = new(
        StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _reader;
    private bool _isDisposed;

    /// <summary>Where answers are to be sent. New in each process: a late answer cannot reach another one.</summary>
    public QueueName Queue { get; } =
        QueueName.TryParse(Prefix + RandomNumberGenerator.GetHexString(16, lowercase: true), out QueueName name)
            ? name
            : default;

    /// <summary>Deletes what an earlier process left behind.</summary>
    public static async Task DeleteLeftOvers(MessageBroker broker)
    {
        Result<QueuePage> page = await broker.ListQueues(Prefix, after: null, PageQueues);
        if (!page.Succeeded) return;
        foreach (QueueDescription queue in page.Value.Queues) await broker.DeleteQueue(queue.Name, Precondition.None);
    }

    /// <summary>Makes sure that the queue is there and that it is read: also again, when somebody has deleted it.
    /// </summary>
    public async ValueTask<BrokerError> Open(MessageBroker broker)
    {
        Result<QueueChange> there = await broker.PutQueue(Queue, Config, Precondition.None);
        if (!there.Succeeded) return there.Error;
        lock (_gate) _reader ??= Read(broker);
        return BrokerError.None;
    }

    /// <summary>Announces that somebody waits; answers why not when the correlation id is waited for already, or when
    /// as many wait as may.</summary>
    public Problem? Expect(string correlationId, out Task<ReplyMessage?> reply)
    {
        var source = new TaskCompletionSource<ReplyMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        reply = source.Task;
        lock (_gate)
        {
            if (_waiting.ContainsKey(correlationId)) return new Problem(ProblemKind.CorrelationInUse);
            if (_waiting.Count >= Limits.PendingRequests) return new Problem(ProblemKind.TooManyPendingRequests);
            _waiting.TryAdd(correlationId, source);
            return null;
        }
    }

    public void Forget(string correlationId) => _waiting.TryRemove(correlationId, out _);

    /// <summary>Everybody who waits gets no answer.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        foreach (TaskCompletionSource<ReplyMessage?> source in _waiting.Values) source.TrySetResult(null);
    }

    [SuppressMessage("Usage", "VSTHRD003", Justification = "It was started here and is needed by nobody else.")]
    public async ValueTask DisposeAsync()
    {
        // Called twice: when the server stops, and when the process lets go of everything.
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await Stop();
        if (_reader is not null) await _reader;
        _stop.Dispose();
    }

    [SuppressMessage("Reliability", "CA2025", Justification = "The messages are read before they are disposed.")]
    private async Task Read(MessageBroker broker)
    {
        var request = new ReceiveRequest { Max = 100, WaitMilliseconds = 20_000, AcknowledgeOnReceipt = true };
        while (!_stop.IsCancellationRequested)
        {
            Result<ReceivedMessages> received = await broker.Receive(Queue, request, _stop.Token);
            if (received.Succeeded)
            {
                using ReceivedMessages messages = received.Value;
                for (int i = 0; i < messages.Count; i++) Deliver(messages, i);
            }
            else
            {
                await Task.Delay(RetryAfter, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Deliver(ReceivedMessages messages, int index)
    {
        if (!messages.TryRead(index, out MessageView message)) return;
        MessageHeaders headers = message.ReadHeaders();
        if (headers.CorrelationId is not { } id
            || !_waiting.TryRemove(id, out TaskCompletionSource<ReplyMessage?>? source)) return;
        source.TrySetResult(
            new ReplyMessage(message.Id, message.SentAt, message.ContentType, headers, message.Body.ToArray()));
    }
}

/// <summary>An answer to a request.</summary>
internal sealed record ReplyMessage(
    MessageId Id, long SentAt, string ContentType, MessageHeaders Headers, byte[] Body);
