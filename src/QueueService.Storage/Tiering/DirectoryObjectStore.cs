using QueueService.Storage.Files;

namespace QueueService.Storage.Tiering;

/// <summary>Objects as files below a directory, best on another disk. Disposes the disk with itself when it can be.
/// </summary>
public sealed class DirectoryObjectStore(IFileSystem files) : IObjectStore
{
    private const string Unfinished = ".tmp";
    private const int CopyBytes = 256 << 10;

    private readonly Lock _gate = new();

    /// <summary>Under another name first: an object is there as a whole or not at all, also after a power
    /// cut.</summary>
    public async Task Put(string name, Stream content, CancellationToken cancellation)
    {
        string unfinished = name + Unfinished;
        try
        {
            using (IFile file = Create(unfinished))
            {
                byte[] buffer = new byte[CopyBytes];
                long at = 0;
                for (int read; (read = await content.ReadAsync(buffer, cancellation)) > 0; at += read)
                {
                    file.Write(buffer.AsSpan(0, read), at);
                    file.StartWriteback(at, read);
                }

                file.Sync();
            }

            files.Rename(unfinished, name);
            for (string folder = FolderOf(name); folder.Length > 0; folder = FolderOf(folder))
                files.SyncDirectory(folder);
            files.SyncDirectory("");
        }
        catch (IOException failure)
        {
            throw new ObjectStoreException($"{name} could not be written: {failure.Message}", failure);
        }
        finally
        {
            Discard(unfinished);
        }
    }

    public Task Read(string name, long position, Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            using IFile file = files.Open(name, FileOpening.Read);
            if (file.Read(buffer.Span, position) == buffer.Length) return Task.CompletedTask;
            return Task.FromException(new ObjectStoreException($"{name} is shorter than it was."));
        }
        catch (IOException failure)
        {
            return Task.FromException(
                new ObjectStoreException($"{name} could not be read: {failure.Message}", failure));
        }
    }

    public Task Delete(string name, CancellationToken cancellation)
    {
        try
        {
            lock (_gate)
            {
                if (files.Exists(name)) files.Delete(name);
                for (string folder = FolderOf(name); folder.Length > 0; folder = FolderOf(folder))
                {
                    if (!files.Exists(folder)) continue;
                    if (files.ListFiles(folder).Count + files.ListFolders(folder).Count > 0) break;
                    files.DeleteFolder(folder);
                }
            }

            return Task.CompletedTask;
        }
        catch (IOException failure)
        {
            return Task.FromException(
                new ObjectStoreException($"{name} could not be deleted: {failure.Message}", failure));
        }
    }

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken cancellation)
    {
        try
        {
            var names = new List<string>();
            List("", prefix, names);
            return Task.FromResult<IReadOnlyList<string>>(names);
        }
        catch (IOException failure)
        {
            return Task.FromException<IReadOnlyList<string>>(
                new ObjectStoreException($"The objects could not be listed: {failure.Message}", failure));
        }
    }

    public void Dispose() => (files as IDisposable)?.Dispose();

    private static string FolderOf(string name) => name[..Math.Max(0, name.LastIndexOf('/'))];

    private IFile Create(string path)
    {
        // A deletion must not take the folder between the two steps.
        lock (_gate)
        {
            files.CreateFolder(FolderOf(path));
            if (files.Exists(path)) files.Delete(path);
            return files.Open(path, FileOpening.New);
        }
    }

    /// <summary>Best effort: what stays is listed, and deleted by the next start.</summary>
    private void Discard(string unfinished)
    {
        try
        {
            if (files.Exists(unfinished)) files.Delete(unfinished);
        }
        catch (IOException)
        {
            // The failure that led here is the one to report.
        }
    }

    private void List(string folder, string prefix, List<string> names)
    {
        string start = folder.Length > 0 ? folder + "/" : "";
        foreach (string file in files.ListFiles(folder))
            if ((start + file).StartsWith(prefix, StringComparison.Ordinal)) names.Add(start + file);
        foreach (string inner in files.ListFolders(folder))
        {
            string path = start + inner;
            bool leads = path.Length < prefix.Length
                ? prefix.StartsWith(path + "/", StringComparison.Ordinal)
                : path.StartsWith(prefix, StringComparison.Ordinal);
            if (leads) List(path, prefix, names);
        }
    }
}
