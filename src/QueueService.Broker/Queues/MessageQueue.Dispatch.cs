using System.Runtime.InteropServices;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>Which messages a receive gets: what came back first, then what was never handed out.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Chooses up to this many messages, and up to a bound of bytes; changes nothing that is folded. Answers
    /// how many were chosen.</summary>
    public int Choose(int max, int maxBytes, long now, List<(long Offset, int ReceiveCount)> chosen)
    {
        chosen.Clear();
        if (Config.Paused) return 0;
        Promote(now);
        long bytes = 0;
        while (chosen.Count < max && bytes < maxBytes && _ready.TryPeek(out long offset))
        {
            ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, offset);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref touched) || !touched.IsReady)
            {
                // Deleted or purged while it stood in line.
                _ready.Dequeue();
                continue;
            }

            int size = SizeOf(offset);
            if (chosen.Count > 0 && bytes + size > maxBytes) break;
            _ready.Dequeue();
            bytes += size;
            chosen.Add((offset, touched.ReceiveCount + 1));
        }

        ChooseUntouched(max, maxBytes - bytes, chosen);
        return chosen.Count;
    }

    private void ChooseUntouched(int max, long maxBytes, List<(long Offset, int ReceiveCount)> chosen)
    {
        if (_terminal.PartialBlocks >= MaxPartialBlocks) return;
        for (long offset = Next; chosen.Count < max && offset < log.End; offset++)
        {
            if (_terminalAhead > 0 || _gaps.Count > 0)
            {
                offset = NextPresent(offset);
                if (offset >= log.End) return;
            }

            if (_touchedAhead > 0 && _touched.ContainsKey(offset)) continue;
            int size = SizeOf(offset);
            if (chosen.Count > 0 && size > maxBytes) return;
            maxBytes -= size;
            chosen.Add((offset, 1));
        }
    }

    public int SizeOf(long offset) => log.TryGetLength(offset, out int length) ? length : log.AverageRecordBytes();
}
