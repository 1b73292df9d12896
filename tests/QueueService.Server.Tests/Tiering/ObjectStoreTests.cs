using System.Diagnostics.CodeAnalysis;
using QueueService.Server.Tiering;
using QueueService.Storage.Files;
using QueueService.Storage.Tiering;

namespace QueueService.Server.Tests.Tiering;

/// <summary>What every object store does.</summary>
public abstract class ObjectStoreContract : IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 31 / 7))];

    /// <summary>Opened by <see cref="InitializeAsync"/>.</summary>
    internal IObjectStore Store { get; set; } = null!;

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task An_object_is_read_in_parts_as_it_was_put()
    {
        await Put("a/0000000001-0/7", Content);
        foreach ((long position, int count) in new[] { (0L, 300_000), (0, 1), (299_999, 1), (65_536, 65_537) })
        {
            byte[] part = new byte[count];
            await Store.Read("a/0000000001-0/7", position, part, CancellationToken.None);
            Assert.True(part.AsSpan().SequenceEqual(Content.AsSpan((int)position, count)));
        }
    }

    [Fact]
    public async Task An_object_replaces_the_one_before_as_a_whole()
    {
        await Put("a/x", Content);
        await Put("a/x", [1, 2, 3]);
        byte[] part = new byte[3];
        await Store.Read("a/x", 0, part, CancellationToken.None);
        Assert.Equal([1, 2, 3], part);
        await Fails(() => Store.Read("a/x", 0, new byte[4], CancellationToken.None));
    }

    [Fact]
    public async Task Objects_are_listed_by_the_beginning_of_their_names_and_deleted()
    {
        string[] names = ["a/1/x", "a/1/y", "a/2/x", "ab/1/x"];
        foreach (string name in names) await Put(name, [1]);
        Assert.Equal(["a/1/x", "a/1/y", "a/2/x"], await List("a/"));
        Assert.Equal(["a/1/x", "a/1/y"], await List("a/1/"));
        Assert.Equal(names, await List(""));
        await Store.Delete("a/1/x", CancellationToken.None);
        await Store.Delete("a/1/x", CancellationToken.None);
        await Store.Delete("never/was", CancellationToken.None);
        Assert.Equal(["a/1/y", "a/2/x"], await List("a/"));
        Assert.Empty(await List("b/"));
    }

    [Fact]
    public async Task More_objects_than_one_page_of_a_listing_are_all_listed()
    {
        for (int i = 0; i < 1_030; i++) await Put($"many/{i:D4}", [1]);
        Assert.Equal(1_030, (await List("many/")).Count);
    }

    [Fact]
    public async Task A_missing_object_is_a_failure_and_so_is_one_whose_bytes_do_not_come()
    {
        await Fails(() => Store.Read("a/none", 0, new byte[1], CancellationToken.None));
        using BrokenContent broken = new();
        await Fails(() => Store.Put("a/broken", broken, CancellationToken.None));
        Assert.Empty(await List(""));
    }

    private static async Task Fails(Func<Task> call) => await Assert.ThrowsAsync<ObjectStoreException>(call);

    private async Task Put(string name, byte[] bytes)
    {
        using MemoryStream content = new(bytes);
        await Store.Put(name, content, CancellationToken.None);
    }

    private async Task<IReadOnlyList<string>> List(string prefix) =>
        [.. (await Store.List(prefix, CancellationToken.None)).Order(StringComparer.Ordinal)];

    /// <summary>Ends with a failure in the middle.</summary>
    private sealed class BrokenContent() : MemoryStream(Content)
    {
        public override int Read(byte[] buffer, int offset, int count) => Position > 100_000
            ? throw new IOException("The disk failed.")
            : base.Read(buffer, offset, Math.Min(count, 10_000));

        public override int Read(Span<byte> buffer)
        {
            byte[] bytes = new byte[buffer.Length];
            int read = Read(bytes, 0, bytes.Length);
            bytes.AsSpan(0, read).CopyTo(buffer);
            return read;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override Task<int> ReadAsync(
            byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(Read(buffer.AsSpan(offset, count)));
    }
}

[SuppressMessage("Reliability", "CA2000", Justification = "The store disposes its disk.")]
public sealed class DirectoryObjectStoreTests : ObjectStoreContract
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("queueservice-objects-");

    public override Task InitializeAsync()
    {
        Store = new DirectoryObjectStore(new PhysicalFileSystem(_directory.FullName));
        return Task.CompletedTask;
    }

    public override Task DisposeAsync()
    {
        Store.Dispose();
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }
}

/// <summary>Against npm's s3rver.</summary>
public sealed class S3ObjectStoreTests : ObjectStoreContract
{
    private S3Server? _server;

    public override async Task InitializeAsync()
    {
        _server = await S3Server.Start();
        Store = new S3ObjectStore(_server.Settings);
    }

    public override async Task DisposeAsync()
    {
        Store.Dispose();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task Names_have_the_prefix_of_the_settings()
    {
        using MemoryStream content = new([1]);
        await Store.Put("a/1", content, CancellationToken.None);
        Assert.Equal(["queues/a/1"], await _server!.Objects());
    }

    [Fact]
    public async Task A_store_that_is_down_or_refuses_is_a_failure_that_says_why()
    {
        string credentials = _server!.CredentialsFile + ".wrong";
        await File.WriteAllTextAsync(credentials, "[default]\naws_access_key_id = NOBODY\naws_secret_access_key = x\n");
        using S3ObjectStore wrong = new(_server.Settings with { CredentialsFile = credentials });
        using MemoryStream content = new([1]);
        ObjectStoreException refused = await Assert.ThrowsAsync<ObjectStoreException>(
            () => wrong.Put("a/1", content, CancellationToken.None));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        await _server.Stop();
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.Read("a/1", 0, new byte[1], CancellationToken.None));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.List("", CancellationToken.None));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.Delete("a/1", CancellationToken.None));
    }
}
