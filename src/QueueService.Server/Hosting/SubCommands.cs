namespace QueueService.Server.Hosting;

/// <summary>What the program does besides serving: `QueueService.Server COMMAND …`.</summary>
internal static class SubCommands
{
    private const string Usage = """
        Usage:
          QueueService.Server [--urls ADDRESSES] [--Storage:Directory=PATH]   serve
          QueueService.Server health [--url ADDRESS]                          exit 0 when the server is ready
          QueueService.Server verify DIRECTORY                                exit 0 when the data is sound, 1 when not
          QueueService.Server dump DIRECTORY journal|RESOURCE[-LANE]          print the journal, or a log's checkpoint

        verify and dump read the directory of a stopped server and change nothing in it.
        """;

    public static Task<int> Run(string[] args, TextWriter output, TextWriter errors) => args[0] switch
    {
        "health" => HealthCommand.Run(args[1..], output, errors),
        "verify" => VerifyCommand.Run(args[1..], output, errors),
        "dump" => DumpCommand.Run(args[1..], output, errors),
        _ => Unknown(args[0], errors),
    };

    private static async Task<int> Unknown(string command, TextWriter errors)
    {
        await errors.WriteLineAsync($"'{command}' is not a command.\n{Usage}");
        return 2;
    }
}
