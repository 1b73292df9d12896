namespace QueueService.Storage.Files;

/// <summary>What a name below the data directory may look like; the same on every disk.</summary>
public static class FileName
{
    /// <summary>Refuses names that could leave the data directory, and those that say the same in two ways.</summary>
    /// <exception cref="ArgumentException">The name is empty, absolute, or holds an empty part, ".", ".." or a null
    /// character.</exception>
    public static void ThrowIfInvalid(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A file name holds a null character.", nameof(path));
        foreach (var part in path.AsSpan().Split('/'))
            if (path.AsSpan()[part] is "" or "." or "..")
                throw new ArgumentException($"'{path}' is not a name below the data directory.", nameof(path));
    }
}
