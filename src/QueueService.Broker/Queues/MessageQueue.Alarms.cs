using System.Buffers;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Queues;

/// <summary>The states of the queue's alarms: folded, so that a restart neither forgets nor repeats one.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>By the alarm's name; null for a queue without alarms.</summary>
    private Dictionary<string, Watch>? _watches;

    public IReadOnlyList<AlarmState> Alarms()
    {
        if (_watches is null) return [];
        var states = new List<AlarmState>();
        foreach (Alarm alarm in Config.Alarms)
        {
            Watch watch = _watches[alarm.Name];
            states.Add(new AlarmState(alarm, watch.IsRaised, watch.Since, watch.Value));
        }

        return states;
    }

    /// <summary>Notes a measured value; answers whether the alarm has to change its state. Changes nothing that is
    /// folded.</summary>
    public bool Observe(Alarm alarm, long value, long now)
    {
        ref Watch watch = ref CollectionsMarshal.GetValueRefOrNullRef(_watches!, alarm.Name);
        watch.Value = value;
        if (value <= alarm.Above)
        {
            watch.HoldsSince = null;
            return watch.IsRaised;
        }

        watch.HoldsSince ??= now;
        return !watch.IsRaised && now - watch.HoldsSince >= alarm.ForSeconds * 1000L;
    }

    /// <summary>A definition that keeps an alarm's name keeps its state: the next look says whether it still is right.
    /// </summary>
    private void ApplyAlarms(long time)
    {
        Dictionary<string, Watch>? before = _watches;
        _watches = Config.Alarms.Count == 0 ? null : new Dictionary<string, Watch>(StringComparer.Ordinal);
        foreach (Alarm alarm in Config.Alarms)
        {
            Watch watch = new() { Since = time };
            if (before is not null && before.TryGetValue(alarm.Name, out Watch known)) watch = known;
            _watches!.Add(alarm.Name, watch);
        }
    }

    private void ApplyAlarmChanged(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        bool isRaised = reader.ReadVarint() == 1;
        ref Watch watch = ref CollectionsMarshal.GetValueRefOrNullRef(_watches!, reader.ReadText());
        watch.IsRaised = isRaised;
        watch.Since = time;
    }

    private void CaptureAlarms(IBufferWriter<byte> output)
    {
        foreach (Alarm alarm in Config.Alarms)
        {
            Watch watch = _watches![alarm.Name];
            output.WriteVarint(watch.IsRaised ? 1UL : 0);
            output.WriteVarint((ulong)watch.Since);
        }
    }

    private void RestoreAlarms(ref SpanReader input)
    {
        ApplyAlarms(0);
        foreach (Alarm alarm in Config.Alarms)
            _watches![alarm.Name] = new Watch { IsRaised = input.ReadVarint() == 1, Since = (long)input.ReadVarint() };
    }

    private record struct Watch
    {
        public bool IsRaised;
        public long Since;

        /// <summary>Derived: since when the condition holds without a break.</summary>
        public long? HoldsSince;

        /// <summary>Derived: as of the last look.</summary>
        public long? Value;
    }
}
