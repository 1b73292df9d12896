using System.Text.RegularExpressions;

namespace QueueService.Server.Tests.Faults;

/// <summary>
/// R7: proves from a trace of system calls that no write was answered with success before it was durable.
/// </summary>
/// <remarks>
/// How a reply and its sync belong together: every message's body is a marker, `audit-` and six digits. The marker is
/// seen when the server reads the request from a connection, and again in the bytes that it writes to the journal.
/// HTTP/1.1 answers one request after another on a connection, so the next `HTTP/1.1 2xx` that is sent on it confirms
/// that marker. The confirmation is good when there is
/// <code>
///   a write with the marker to some file F   that returned before
///   a sync of the same F                     was entered, which returned 0 before
///   the reply                                was entered
/// </code>
/// A sync that was already running when the bytes were written proves nothing about them, and neither does a sync of
/// another file, one that failed or one that ended after the reply had left.
/// </remarks>
internal sealed partial class SyncAudit
{
    private readonly List<string> _violations = [];

    public SyncAudit(IReadOnlyList<SystemCall> calls)
    {
        ILookup<string, SystemCall> writes = Marked(calls.Where(call => call.IsFile && Writes.Contains(call.Name)))
            .ToLookup(write => write.Marker, write => write.Call);
        ILookup<string, SystemCall> syncs = calls
            .Where(call => Syncs.Contains(call.Name) && call.Result == "0")
            .ToLookup(call => call.Target);
        foreach ((string marker, SystemCall reply) in FindReplies(calls))
        {
            Replies++;
            if (!writes[marker].Any(write => syncs[write.Target].Any(sync => Covers(write, sync, reply))))
                _violations.Add($"{marker} was confirmed before it was durable: {reply}");
        }
    }

    /// <summary>What strace has to show for this audit. 64 KiB of each buffer, so that a marker far inside a gathered
    /// journal write is seen too.</summary>
    public static string[] StraceArguments(string file) =>
    [
        "-y", "-ttt", "-s", "65536", "-e", "signal=none", "-o", file,
        "-e", "trace=" + string.Join(',', [.. Reads, .. Writes, .. Sends.Except(Writes), .. Syncs]),
    ];

    /// <summary>Confirmed messages in the trace; a test compares it with what its clients counted.</summary>
    public int Replies { get; }

    public IReadOnlyList<string> Violations => _violations;

    private static string[] Reads { get; } = ["read", "readv", "recvfrom", "recvmsg"];

    private static string[] Writes { get; } = ["write", "writev", "pwrite64", "pwritev", "pwritev2"];

    private static string[] Sends { get; } = ["write", "writev", "sendto", "sendmsg"];

    private static string[] Syncs { get; } = ["fdatasync", "fsync"];

    [GeneratedRegex("audit-[0-9]{6}", RegexOptions.None, 5000)]
    private static partial Regex Marker { get; }

    private static bool Covers(SystemCall write, SystemCall sync, SystemCall reply) =>
        write.Succeeded && write.ReturnedAt < sync.EnteredAt && sync.ReturnedAt < reply.EnteredAt;

    private static IEnumerable<(string Marker, SystemCall Call)> Marked(IEnumerable<SystemCall> calls) =>
        from call in calls
        from Match marker in Marker.Matches(call.Arguments)
        select (marker.Value, call);

    private static IEnumerable<(string Marker, SystemCall Reply)> FindReplies(IReadOnlyList<SystemCall> calls)
    {
        // A read tells its bytes when it returns, a reply is on its way from its entry.
        IEnumerable<(int At, SystemCall Call)> events = calls.Where(call => call.IsSocket)
            .Select(call => (At: Reads.Contains(call.Name) ? call.ReturnedAt : call.EnteredAt, Call: call))
            .OrderBy(e => e.At);
        Dictionary<string, string> asked = [];
        foreach ((_, SystemCall call) in events)
        {
            if (Reads.Contains(call.Name))
            {
                if (Marker.Match(call.Arguments) is { Success: true } marker)
                    asked[call.Target] = marker.Value;
            }
            else if (Sends.Contains(call.Name) && call.Arguments.Contains("\"HTTP/1.1 ", StringComparison.Ordinal) &&
                asked.Remove(call.Target, out string? marker) &&
                call.Arguments.Contains("\"HTTP/1.1 2", StringComparison.Ordinal))
            {
                yield return (marker, call);
            }
        }
    }
}
