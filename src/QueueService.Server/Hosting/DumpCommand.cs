using System.Globalization;
using QueueService.Storage;
using QueueService.Storage.Inspection;

namespace QueueService.Server.Hosting;

/// <summary>Prints what is in the data directory of a stopped server, and changes nothing in it.</summary>
internal static class DumpCommand
{
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is [var journal, "journal"])
            return await DataDirectory.Read(journal, errors, files => JournalDump.Write(files, output));
        if (args is [var directory, var name] && TryParse(name, out LogId log))
            return await DataDirectory.Read(directory, errors, files => LogDump.Write(files, log, output));
        await errors.WriteLineAsync("Usage: dump DIRECTORY journal|RESOURCE[-LANE], as in logs/0000000012-0");
        return DataDirectory.NotRead;
    }

    private static bool TryParse(string name, out LogId log)
    {
        string[] parts = name.Split('-');
        ushort lane = 0;
        bool isLog = uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint resource)
            && (parts.Length == 1 || (parts.Length == 2
                && ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out lane)));
        log = new LogId(resource, lane);
        return isLog;
    }
}
