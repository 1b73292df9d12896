using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads what a batch is made of, one after the other, into the batch.</summary>
internal abstract class ItemReader : IDisposable
{
    /// <summary>Unescaped and decoded bodies.</summary>
    private byte[] _scratch = [];

    /// <summary>What a JSON batch calls them.</summary>
    public abstract string ListName { get; }

    /// <summary>Reads the item on whose first token the reader stands, to its end whatever is wrong with it.</summary>
    public abstract Problem? Read(ref Utf8JsonReader json, MessageBatch batch);

    public void Dispose() => Release();

    private void Release()
    {
        if (_scratch.Length > 0) ArrayPool<byte>.Shared.Return(_scratch);
        _scratch = [];
    }

    protected ReadOnlySpan<byte> ReadText(scoped ref Utf8JsonReader json, string pointer, scoped ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            Problem.Blame(ref problem, pointer, "must be a string.");
            return default;
        }

        if (!json.ValueIsEscaped) return json.ValueSpan;
        try
        {
            Reserve(json.ValueSpan.Length);
            return _scratch.AsSpan(0, json.CopyString(_scratch));
        }
        catch (InvalidOperationException)
        {
            Problem.Blame(ref problem, pointer, JsonRequest.NotUnicode);
            return default;
        }
    }

    protected ReadOnlySpan<byte> ReadBase64(scoped ref Utf8JsonReader json, scoped ref Problem? problem)
    {
        ReadOnlySpan<byte> text = ReadText(ref json, "/bodyBase64", ref problem);
        if (problem is not null || text.IsEmpty) return default;
        Reserve(text.Length);
        // Decoding shrinks, so it may happen in place when the text was unescaped into the same buffer.
        text.CopyTo(_scratch);
        OperationStatus status = Base64.DecodeFromUtf8InPlace(_scratch.AsSpan(0, text.Length), out int written);
        if (status == OperationStatus.Done) return _scratch.AsSpan(0, written);
        Problem.Blame(ref problem, "/bodyBase64", "must be base64 (RFC 4648, section 4, with padding).");
        return default;
    }

    private void Reserve(int length)
    {
        if (_scratch.Length >= length) return;
        Release();
        _scratch = ArrayPool<byte>.Shared.Rent(length);
    }
}
