using QueueService.Storage.Inspection;

namespace QueueService.Server.Hosting;

/// <summary>Checks the data directory of a stopped server, and changes nothing in it.</summary>
internal static class VerifyCommand
{
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is [var directory])
            return await DataDirectory.Read(directory, errors, files => StoreVerifier.Verify(files, output));
        await errors.WriteLineAsync("Usage: verify DIRECTORY");
        return DataDirectory.NotRead;
    }
}
