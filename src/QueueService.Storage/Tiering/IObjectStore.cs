namespace QueueService.Storage.Tiering;

/// <summary>
/// Where sealed segments go: whole objects under names with '/' between their parts, written once and never changed.
/// Two implementations: a directory (<see cref="DirectoryObjectStore"/>), and S3 in the server.
/// </summary>
/// <remarks>Every failure is an <see cref="ObjectStoreException"/>. Any thread; several calls at once.</remarks>
public interface IObjectStore : IDisposable
{
    /// <summary>Stores an object: afterwards it is durable as a whole. After a failure nothing can be read under its
    /// name, or all of it; what an interrupted call left elsewhere is named by <see cref="List"/>.</summary>
    /// <param name="content">Can be read more than once.</param>
    Task Put(string name, Stream content, CancellationToken cancellation);

    /// <summary>Fills the buffer with the bytes from a position on. Fewer bytes than that are a failure.</summary>
    Task Read(string name, long position, Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Removes an object, or what an interrupted <see cref="Put"/> left; nothing happens when there is none.
    /// </summary>
    Task Delete(string name, CancellationToken cancellation);

    /// <summary>Every name that begins so and takes space.</summary>
    Task<IReadOnlyList<string>> List(string prefix, CancellationToken cancellation);
}

/// <summary>The object store did not do it, or what it gave back is not what was stored. Nothing is lost by that here:
/// trying again later may help.</summary>
public sealed class ObjectStoreException(string message, Exception? cause = null) : IOException(message, cause);
