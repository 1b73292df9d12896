using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Measuring;

/// <summary>What a command says: its progress on standard error, its tables on standard output, and whether every reply
/// was right.</summary>
internal sealed class Report(BenchmarkOptions options, string commandLine, CancellationToken cancellation)
{
    private readonly List<string> _failures = [];
    private readonly List<string> _notes = [];

    public BenchmarkOptions Options => options;

    public CancellationToken Cancellation => cancellation;

    public static void Progress(string line) => Console.Error.WriteLine(line);

    public void Note(string line) => _notes.Add(line);

    public void AddFailures(string label, LoadTally tally)
    {
        foreach ((string kind, LoadTally.Failure failure) in tally.Failures)
            _failures.Add($"{label}: {failure.Count:N0} × {kind}, first: {failure.Example}");
        if (tally.Messages == 0) _failures.Add($"{label}: not one message went the whole way");
    }

    /// <summary>Prints the tables with what is needed to read and to repeat them; answers the exit code.</summary>
    public int Finish(params ReadOnlySpan<Table> tables)
    {
        foreach (Table table in tables) Console.Write($"\n{table}");
        foreach (string note in _notes) Console.WriteLine(note);
        Console.WriteLine();
        Console.WriteLine($"Command: `{commandLine}`");
        Console.WriteLine($"Machine: {Machine.Describe(Repository.DataParent(options.Data))}");
        foreach (string failure in _failures) Console.WriteLine($"FAILED: {failure}");
        return _failures.Count == 0 ? 0 : 1;
    }
}
