namespace QueueService.Broker.Queues;

/// <summary>What the queue holds, and what it would give up first.</summary>
internal sealed partial class MessageQueue
{
    private readonly HeldMessages _held = new();

    /// <summary>Messages in any state, and their bytes.</summary>
    public HeldMessages Held => _held;

    /// <summary>Messages that made room for newer ones.</summary>
    public long DroppedTotal { get; private set; }

    /// <summary>The messages that nobody holds, in the order in which receives would get them, also while the queue is
    /// paused. As of the last <see cref="Promote"/>; the queue must not change meanwhile.</summary>
    public IEnumerable<long> InLine()
    {
        while (_ready.TryPeek(out long stale) && !IsReady(stale)) _ready.Dequeue();
        foreach (long offset in _ready)
            if (IsReady(offset)) yield return offset;
        for (long offset = Next; offset < log.End; offset++)
        {
            if (_terminalAhead > 0 || _gaps.Count > 0)
            {
                offset = NextPresent(offset);
                if (offset >= log.End) yield break;
            }

            if (_touchedAhead == 0 || !_touched.ContainsKey(offset)) yield return offset;
        }
    }

    private bool IsReady(long offset) => _touched.TryGetValue(offset, out Touched touched) && touched.IsReady;

    private void EndHeldBelow(long floor)
    {
        long from = Math.Max(Floor, HeldMessages.BlockStart(floor));
        _held.EndBelow(floor, floor - from - GapsIn(from, floor) - _terminal.CountIn(from, floor));
    }
}
