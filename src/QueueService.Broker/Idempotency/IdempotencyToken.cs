namespace QueueService.Broker.Idempotency;

/// <summary>
/// Makes one call safe to repeat: the first call with this key that has an effect is remembered in the same commit, and
/// a later one gets its outcome again for 24 hours. One object per call.
/// </summary>
/// <param name="key">Of the caller.</param>
/// <param name="fingerprint">Of all that was asked for: the same key with another one is refused.</param>
public sealed class IdempotencyToken(UInt128 key, UInt128 fingerprint)
{
    private IdempotencyToken? _ofNote;

    public UInt128 Key => key;

    public UInt128 Fingerprint => fingerprint;

    /// <summary>The outcome is that of an earlier call.</summary>
    public bool IsReplayed { get; internal set; }

    /// <summary>What the caller wants to have again beside the outcome: kept in the same commit, under
    /// <see cref="OfNote"/>.</summary>
    public ReadOnlyMemory<byte> Note { get; set; }

    /// <summary>The token of what belongs to the same request and is kept beside its outcome, or after it.</summary>
    public IdempotencyToken OfNote => _ofNote ??= new IdempotencyToken(~key, fingerprint);
}
