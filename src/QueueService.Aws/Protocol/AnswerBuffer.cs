using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QueueService.Http;

namespace QueueService.Aws.Protocol;

/// <summary>A growing buffer for an answer, with the JSON writer that fills it; kept per thread between
/// requests.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as its thread; the writer holds nothing but this.")]
internal sealed class AnswerBuffer : OutputBuffer
{
    /// <summary>Texts come from the broker, which has checked them; and nothing here is read as HTML.</summary>
    private static readonly JsonWriterOptions Unchecked =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static AnswerBuffer? _spare;

    private Utf8JsonWriter? _json;

    public static AnswerBuffer Rent()
    {
        AnswerBuffer buffer = _spare ?? new AnswerBuffer();
        _spare = null;
        buffer.Clear();
        return buffer;
    }

    /// <summary>Gives it back; it must not be used afterwards.</summary>
    public void Return()
    {
        Shrink();
        _spare = this;
    }

    /// <summary>Writes into this buffer; to be flushed.</summary>
    public Utf8JsonWriter Json()
    {
        if (_json is null) _json = new Utf8JsonWriter(this, Unchecked);
        else _json.Reset(this);
        return _json;
    }

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
}
