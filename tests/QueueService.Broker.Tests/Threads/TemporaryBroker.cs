using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;

namespace QueueService.Broker.Tests.Threads;

/// <summary>A broker as the server runs it: own thread, own folder on the real disk, real clock.</summary>
internal sealed class TemporaryBroker : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("queueservice-");

    private readonly PhysicalFileSystem _files;

    public TemporaryBroker(BrokerOptions? options = null)
    {
        _files = new PhysicalFileSystem(_folder.FullName);
        Broker = MessageBroker.Open(_files, options ?? Options, TimeProvider.System);
    }

    /// <summary>Journals of a size that a test creates in a moment.</summary>
    public static BrokerOptions Options { get; } = new()
    {
        Storage = new StorageOptions
        {
            JournalFileBytes = 4 << 20, CheckpointJournalBytes = 8 << 20, TailCacheBytes = 4 << 20, ReserveBytes = 0,
        },
    };

    public MessageBroker Broker { get; }

    /// <summary>Longer than anything takes that is not stuck.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public async Task CreateQueue(string name = "jobs", QueueConfig? config = null)
    {
        Result<QueueChange> result =
            await Broker.PutQueue(BrokerHarness.Name(name), config ?? new QueueConfig(), Precondition.None);
        Assert.Equal(BrokerError.None, result.Error);
    }

    public ValueTask<Result<ReceivedMessages>> Receive(
        int max, int wait, IReadOnlyList<ReceiptHandle>? acknowledge = null,
        CancellationToken cancellation = default) =>
        Broker.Receive(
            BrokerHarness.Name(),
            new ReceiveRequest { Max = max, WaitMilliseconds = wait, Acknowledge = acknowledge }, cancellation);

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        _files.Dispose();
        _folder.Delete(recursive: true);
    }
}
