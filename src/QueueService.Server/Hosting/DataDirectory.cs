using QueueService.Storage.Files;
using QueueService.Storage.Inspection;

namespace QueueService.Server.Hosting;

/// <summary>Opens the data directory of a stopped server for the commands that only read it.</summary>
internal static class DataDirectory
{
    /// <summary>Neither sound nor damaged: nothing was looked at.</summary>
    public const int NotRead = 2;

    /// <summary>Answers 0 when the reading succeeded, 1 when it found damage, and <see cref="NotRead"/> when the
    /// directory is missing, unreadable or in use.</summary>
    public static async Task<int> Read(string directory, TextWriter errors, Func<IFileSystem, bool> read)
    {
        // The disk creates what is missing, and a mistyped name must not become an empty store.
        if (!Directory.Exists(directory))
        {
            await errors.WriteLineAsync($"There is no directory '{directory}'.");
            return NotRead;
        }

        try
        {
            using PhysicalFileSystem files = new(Path.GetFullPath(directory));
            if (StoreDirectory.HoldsStore(files)) return read(files) ? 0 : 1;
            await errors.WriteLineAsync($"'{directory}' is no data directory.");
            return NotRead;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync(refused.Message);
            return NotRead;
        }
    }
}
