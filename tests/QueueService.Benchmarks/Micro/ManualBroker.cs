using System.Diagnostics.CodeAnalysis;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;

namespace QueueService.Benchmarks.Micro;

/// <summary>A broker without a thread: whoever measures drives its turns.</summary>
[SuppressMessage("Usage", "CA2213", Justification = "Closing the broker would need the loop's thread.")]
internal sealed class ManualBroker : IDisposable
{
    private readonly PhysicalFileSystem _files;
    private readonly MessageBroker _broker;

    public ManualBroker(string directory)
    {
        _files = new PhysicalFileSystem(directory);
        BrokerOptions options = new() { Storage = new StorageOptions { SingleThreaded = true } };
        _broker = MessageBroker.OpenManually(_files, options, TimeProvider.System);
    }

    public MessageBroker Broker => _broker;

    /// <summary>Creates the queue that is measured; nothing is synced.</summary>
    public QueueName CreateQueue(QueueType type)
    {
        if (!QueueName.TryParse("bench", out QueueName queue)) throw new BenchmarkException("The name is not valid.");
        QueueConfig config = new() { Type = type, Durability = Durability.Memory, VisibilityTimeoutSeconds = 3_600 };
        Finish(_broker.PutQueue(queue, config, Precondition.None));
        return queue;
    }

    /// <summary>Runs turns until the call is answered.</summary>
    public T Finish<T>(ValueTask<T> call)
    {
        while (!call.IsCompleted) _broker.Loop.Turn(wait: false);
#pragma warning disable VSTHRD002 // It is completed.
        return call.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <summary>Lets go of the broker as it is.</summary>
    public void Dispose()
    {
        _broker.Shard.Dispose();
        _files.Dispose();
    }
}
