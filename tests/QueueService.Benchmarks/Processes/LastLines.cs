using System.Diagnostics;

namespace QueueService.Benchmarks.Processes;

/// <summary>Drains a server's output, which would block it otherwise, and keeps the end of it for a failure's message.
/// </summary>
internal sealed class LastLines
{
    private const int Kept = 20;

    private readonly Queue<string> _lines = new();

    public void Add(object sender, DataReceivedEventArgs received)
    {
        if (received.Data is null) return;
        lock (_lines)
        {
            if (_lines.Count == Kept) _lines.Dequeue();
            _lines.Enqueue(received.Data);
        }
    }

    public override string ToString()
    {
        lock (_lines) return string.Join('\n', _lines);
    }
}
