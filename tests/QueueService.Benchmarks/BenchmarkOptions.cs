using System.Globalization;

namespace QueueService.Benchmarks;

/// <summary>The command line after the command. Everything after a second <c>--</c> goes to the measured server.
/// </summary>
internal sealed class BenchmarkOptions
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private BenchmarkOptions(IReadOnlyList<string> serverArguments) => ServerArguments = serverArguments;

    public int[] Connections { get; private set; } = [];

    /// <summary>Of one measured window. Long enough that 10 ms, the resolution of a process's CPU time, is nothing.
    /// </summary>
    public TimeSpan Seconds { get; private set; }

    /// <summary>Before every window: the runtime compiles hot code twice in the first second or two.</summary>
    public TimeSpan WarmUp { get; private set; }

    public int Rounds { get; private set; }

    public int Threads { get; private set; }

    public int Body { get; private set; }

    public double Rate { get; private set; }

    /// <summary>How many messages the backlog has.</summary>
    public long Messages { get; private set; }

    /// <summary>How long the data directory must stay unchanged: longer than the storage's 30 s between checkpoints.
    /// </summary>
    public TimeSpan Settle { get; private set; }

    public bool Ndjson { get; private set; }

    /// <summary>Messages that a duplex client has on their way.</summary>
    public int Window { get; private set; }

    /// <summary>Checks the generator itself.</summary>
    public bool FloorOnly { get; private set; }

    public string? Server { get; private set; }

    public string? Data { get; private set; }

    public Uri? External { get; private set; }

    public int? Pid { get; private set; }

    /// <summary>Where the floor listens when it runs alone.</summary>
    public Uri Urls { get; private set; } = new("http://127.0.0.1:8081");

    public IReadOnlyList<string> ServerArguments { get; }

    /// <exception cref="BenchmarkException">Names every option that is unknown or cannot be read.</exception>
    public static BenchmarkOptions Parse(ReadOnlySpan<string> arguments)
    {
        int end = arguments.IndexOf("--");
        BenchmarkOptions options = new(end < 0 ? [] : arguments[(end + 1)..].ToArray());
        options.Collect(end < 0 ? arguments : arguments[..end]);
        try
        {
            options.Assign();
        }
        catch (Exception unreadable) when (unreadable is FormatException or OverflowException)
        {
            throw new BenchmarkException($"An option has a value that cannot be read: {unreadable.Message}");
        }

        if (options._values.Count > 0)
            throw new BenchmarkException($"Unknown options: {string.Join(", ", options._values.Keys)}");
        options.Validate();
        return options;
    }

    private void Collect(ReadOnlySpan<string> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            bool hasValue = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            _values[arguments[i]] = hasValue ? arguments[++i] : "true";
        }
    }

    private void Assign()
    {
        Connections = [.. Take("--connections", "16").Split(',').Select(int.Parse)];
        Seconds = TimeSpan.FromSeconds(double.Parse(Take("--seconds", "5"), CultureInfo.InvariantCulture));
        WarmUp = TimeSpan.FromSeconds(double.Parse(Take("--warmup", "2"), CultureInfo.InvariantCulture));
        Rounds = int.Parse(Take("--rounds", "3"));
        Threads = int.Parse(Take("--threads", "1"));
        Body = int.Parse(Take("--body", "100"));
        Rate = double.Parse(Take("--rate", "200"), CultureInfo.InvariantCulture);
        Messages = long.Parse(Take("--messages", "10000000"));
        Settle = TimeSpan.FromSeconds(double.Parse(Take("--settle", "35"), CultureInfo.InvariantCulture));
        Window = int.Parse(Take("--window", "256"));
        Ndjson = bool.Parse(Take("--ndjson", "false"));
        FloorOnly = bool.Parse(Take("--floor-only", "false"));
        Server = TakeOptional("--server");
        Data = TakeOptional("--data");
        External = TakeOptional("--external") is { } external ? new Uri(external) : null;
        Pid = TakeOptional("--pid") is { } pid ? int.Parse(pid) : null;
        Urls = TakeOptional("--urls") is { } urls ? new Uri(urls) : Urls;
    }

    private void Validate()
    {
        if (Rounds < 1 || Threads < 1 || Body < 1 || Rate <= 0 || Messages < 1 || Window < 1
            || Seconds <= TimeSpan.Zero)
            throw new BenchmarkException("Rounds, threads, body, rate, messages, window and seconds must be positive.");
        if (Connections.Any(count => count < Threads))
            throw new BenchmarkException("Every thread needs at least one connection.");
        if (External is not null && Pid is null)
            throw new BenchmarkException("--external needs --pid, to read the CPU time of that server.");
    }

    private string Take(string name, string otherwise) => TakeOptional(name) ?? otherwise;

    private string? TakeOptional(string name) => _values.Remove(name, out string? value) ? value : null;
}
