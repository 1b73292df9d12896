namespace QueueService.Broker.Queues;

/// <summary>A message that was handed out before, or is delayed. A million of them is usual where messages are
/// delayed, so it is 24 bytes: three instants of 48 bits (until the year 10889), and the rest in the bits that are
/// left. When it was received last is kept modulo <see cref="ReceiveCycle"/>: more than a lease of SQS may
/// last.</summary>
internal struct Touched
{
    private const int InstantShift = 16;
    private const ulong RestMask = (1UL << InstantShift) - 1;
    private const int SlotShift = 4;
    private const ulong SlotMask = RestMask & ~((1UL << SlotShift) - 1);
    private const int Slots = 1 << (InstantShift - SlotShift);

    /// <summary>Milliseconds in which a time of receive is not told from another.</summary>
    private const long SlotMilliseconds = 12_000;

    /// <summary>13.65 hours, in milliseconds.</summary>
    private const long ReceiveCycle = Slots * SlotMilliseconds;

    /// <summary>Deadline, flags, slot of the last receive.</summary>
    private ulong _deadline;

    /// <summary>First received, the lower half of the receive count.</summary>
    private ulong _received;

    /// <summary>First failed, the upper half of the receive count.</summary>
    private ulong _failed;

    [Flags]
    private enum Flag : ulong
    {
        Leased = 1,
        Ready = 2,
        Failed = 4,
        Expired = 8,
    }

    /// <summary>When the lease or the delay ends, Unix milliseconds.</summary>
    public long Deadline
    {
        readonly get => Instant(_deadline);
        set => SetInstant(ref _deadline, value);
    }

    /// <summary>In which twelve seconds of a cycle it was received last.</summary>
    public int ReceiveSlot
    {
        readonly get => (int)((_deadline & SlotMask) >> SlotShift);
        set => _deadline = (_deadline & ~SlotMask) | ((ulong)value << SlotShift);
    }

    /// <summary>0 when it was never received.</summary>
    public long FirstReceivedAt
    {
        readonly get => Instant(_received);
        set => SetInstant(ref _received, value);
    }

    public int ReceiveCount
    {
        readonly get => (int)((_received & RestMask) | ((_failed & RestMask) << InstantShift));
        set
        {
            _received = (_received & ~RestMask) | ((uint)value & RestMask);
            _failed = (_failed & ~RestMask) | ((uint)value >> InstantShift);
        }
    }

    public bool IsLeased
    {
        readonly get => Has(Flag.Leased);
        set => Set(Flag.Leased, value);
    }

    /// <summary>Derived: its time came, and it stands in the line of what is handed out next.</summary>
    public bool IsReady
    {
        readonly get => Has(Flag.Ready);
        set => Set(Flag.Ready, value);
    }

    /// <summary>Derived: its time came, and a policy decides what comes next.</summary>
    public bool HasFailed
    {
        readonly get => Has(Flag.Failed);
        set => Set(Flag.Failed, value);
    }

    /// <summary>When the first lease ended without an acknowledgement; 0 when none did.</summary>
    public long FirstFailedAt
    {
        readonly get => Instant(_failed);
        set => SetInstant(ref _failed, value);
    }

    /// <summary>Its time to live is over, and it is to be moved to the dead-letter queue.</summary>
    public bool IsExpired
    {
        readonly get => Has(Flag.Expired);
        set => Set(Flag.Expired, value);
    }

    /// <summary>Its deadline has passed and is not waited for any more.</summary>
    public readonly bool IsDue => IsReady || HasFailed;

    public static int SlotOf(long time) => (int)(time / SlotMilliseconds % Slots);

    /// <summary>Not before it was received last, and at most 12 seconds after that; of one that has been leased for
    /// longer than a cycle, whole cycles later.</summary>
    public readonly long LatestReceive(long now)
    {
        long slot = now / SlotMilliseconds * SlotMilliseconds;
        long age = (slot - (ReceiveSlot * SlotMilliseconds)) % ReceiveCycle;
        return Math.Min(now, slot - age + SlotMilliseconds);
    }

    /// <summary>Notes that a lease ends without an acknowledgement, if one does.</summary>
    public void Fail(long time)
    {
        if (IsLeased && FirstFailedAt == 0) FirstFailedAt = Math.Min(Deadline, time);
    }

    private static long Instant(ulong bits) => (long)(bits >> InstantShift);

    private static void SetInstant(ref ulong bits, long instant) =>
        bits = (bits & RestMask) | ((ulong)instant << InstantShift);

    private readonly bool Has(Flag flag) => (_deadline & (ulong)flag) != 0;

    private void Set(Flag flag, bool value) =>
        _deadline = value ? _deadline | (ulong)flag : _deadline & ~(ulong)flag;
}
