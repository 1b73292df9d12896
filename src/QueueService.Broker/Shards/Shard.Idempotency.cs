using System.Buffers;
using QueueService.Broker.Idempotency;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>Calls with an idempotency key: looked up before they are executed, written down in the frame of what they
/// do.</summary>
internal sealed partial class Shard
{
    private IdempotencyToken? _pending;

    public IdempotencyWindow Idempotency { get; } = new();

    /// <summary>Starts a call. Answers true when it is not to be executed: because of the error, or because this is the
    /// outcome of an earlier one.</summary>
    /// <param name="token">Null for most calls.</param>
    public bool TryReplay(IdempotencyToken? token, out BrokerError error, out ReadOnlySpan<byte> outcome)
    {
        error = BrokerError.None;
        outcome = default;
        _pending = null;
        if (token is null) return false;
        if (Idempotency.TryFind(token.Key, Now, out UInt128 fingerprint, out outcome))
        {
            if (fingerprint != token.Fingerprint) error = BrokerError.IdempotencyKeyReused;
            else token.IsReplayed = true;
            return true;
        }

        if (Idempotency.IsFull(Options.MaxIdempotencyKeys)) error = BrokerError.IdempotencyWindowFull;
        else _pending = token;
        return error != BrokerError.None;
    }

    /// <summary>Ends the frame of a call's effect; with an idempotency key its outcome is part of the frame.</summary>
    /// <param name="outcome">What a repeated call answers.</param>
    public void EndFrame(ReadOnlySpan<byte> outcome = default)
    {
        if (_pending is { } token)
        {
            _pending = null;
            Remember(token, outcome);
            if (!token.Note.IsEmpty) Remember(token.OfNote, token.Note.Span);
        }

        Store.EndFrame();
    }

    /// <summary>Keeps an outcome, in the open frame.</summary>
    public void Remember(IdempotencyToken token, ReadOnlySpan<byte> outcome)
    {
        _scratch.ResetWrittenCount();
        foreach (UInt128 half in (ReadOnlySpan<UInt128>)[token.Key, token.Fingerprint])
        {
            _scratch.WriteFixed((ulong)half);
            _scratch.WriteFixed((ulong)(half >> 64));
        }

        _scratch.Write(outcome);
        Apply(IdempotencyWindow.ResourceAt(Now), (byte)IdempotencyRecord.Done, _scratch.WrittenSpan);
    }

    /// <summary>Forgets keys that are past the window; answers whether there were any.</summary>
    public bool ForgetKeys()
    {
        if (!Idempotency.TryFindOver(Now, out uint resource)) return false;
        Store.BeginFrame();
        Apply(resource, (byte)IdempotencyRecord.Dropped, []);
        Store.EndFrame();
        return true;
    }

    private void ApplyIdempotency(in JournalRecord record)
    {
        if (Idempotency.Apply(record)) _resources.Add(record.Resource);
        else _resources.Remove(record.Resource);
    }
}
