using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace QueueService.Aws.Protocol;

/// <summary>A growing buffer for an answer, with the JSON writer that fills it; kept per thread between requests.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as its thread; the writer holds nothing but this.")]
internal sealed class AnswerBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 4_096;

    /// <summary>A larger one goes back to the pool instead of staying with the thread.</summary>
    private const int KeptSize = 262_144;

    /// <summary>Texts come from the broker, which has checked them; and nothing here is read as HTML.</summary>
    private static readonly JsonWriterOptions Unchecked =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static AnswerBuffer? _spare;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private Utf8JsonWriter? _json;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public static AnswerBuffer Rent()
    {
        AnswerBuffer buffer = _spare ?? new AnswerBuffer();
        _spare = null;
        buffer.Length = 0;
        return buffer;
    }

    /// <summary>Gives it back; it must not be used afterwards.</summary>
    public void Return()
    {
        if (_buffer.Length > KeptSize)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
        }

        _spare = this;
    }

    /// <summary>Writes into this buffer; to be flushed.</summary>
    public Utf8JsonWriter Json()
    {
        if (_json is null) _json = new Utf8JsonWriter(this, Unchecked);
        else _json.Reset(this);
        return _json;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 256));
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Sends what was written, with its length and in one write, and gives the buffer back.</summary>
    public async Task Send(HttpContext http, int status, string contentType)
    {
        HttpResponse response = http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = Length;
        ValueTask<FlushResult> flush = response.BodyWriter.WriteAsync(Written, CancellationToken.None);
        if (!flush.IsCompletedSuccessfully) await flush;
        Return();
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - Length >= count) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, Length + count));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
