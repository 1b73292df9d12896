using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace QueueService.Http;

/// <summary>
/// A whole request body in memory. A small one that arrived in one piece is used where the connection has it; any
/// other is gathered into a pooled array. Dispose it before the answer is awaited: it holds the connection's buffer.
/// </summary>
internal struct RequestBody : IDisposable
{
    /// <summary>A body has at most this many bytes: 16 MiB.</summary>
    public const int MaxBytes = 16 * 1_048_576;

    private const int FirstChunk = 16_384;

    private PipeReader? _reader;
    private ReadOnlySequence<byte> _inPlace;
    private byte[]? _array;
    private int _length;
    private BodiesInFlight? _account;
    private long _reserved;

    public readonly ReadOnlySpan<byte> Span =>
        _array is null ? _inPlace.FirstSpan : _array.AsSpan(0, _length);

    /// <summary>Why there is no body.</summary>
    public BodyError? Error { get; private set; }

    public static async ValueTask<RequestBody> Read(HttpContext http, BodiesInFlight account)
    {
        RequestBody body = default;
        HttpRequest request = http.Request;
        if (request.Headers.ContentEncoding.Count > 0)
            return new RequestBody { Error = BodyError.Encoded };
        if (request.ContentLength == 0 || (request.ContentLength is null && !MayFollow(http))) return body;
        if (request.ContentLength is null && IsAmbiguous(request))
            return new RequestBody { Error = BodyError.AmbiguousLength };
        if (request.ContentLength > MaxBytes)
        {
            LetClientFinish(http);
            return new RequestBody { Error = BodyError.TooLarge };
        }

        if (!body.Reserve(account, request.ContentLength ?? FirstChunk)) return body;

        try
        {
            while (true)
            {
                ReadResult result = await request.BodyReader.ReadAsync(CancellationToken.None);
                if (result.IsCompleted && body._array is null && result.Buffer.IsSingleSegment)
                {
                    body._reader = request.BodyReader;
                    body._inPlace = result.Buffer;
                    return body;
                }

                bool taken = body.Take(result.Buffer, request.ContentLength);
                request.BodyReader.AdvanceTo(result.Buffer.End);
                if (!taken || result.IsCompleted) return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Lets the server read (and forget) a body that is refused by its length, for its few seconds after the
    /// answer: a client that is still writing would otherwise see a broken connection instead of the answer.</summary>
    public static void LetClientFinish(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
    }

    public void Dispose()
    {
        _reader?.AdvanceTo(_inPlace.End);
        if (_array is not null) ArrayPool<byte>.Shared.Return(_array);
        _account?.Leave(_reserved);
        this = default;
    }

    /// <summary>Kestrel lets chunking win over a length, which it renames. Proxies may decide otherwise, and then the
    /// rest of one body is the next request of somebody else.</summary>
    private static bool IsAmbiguous(HttpRequest request) =>
        request.Headers.ContainsKey("X-Content-Length") || HttpProtocol.IsHttp10(request.Protocol);

    /// <summary>A request without a length has a body only when it is chunked.</summary>
    private static bool MayFollow(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    private bool Take(ReadOnlySequence<byte> piece, long? declared)
    {
        int needed = _length + (int)piece.Length;
        if (needed > MaxBytes) return Fail(BodyError.TooLarge);
        if (needed > _reserved && !Reserve(_account!, needed * 2L)) return false;
        _array ??= ArrayPool<byte>.Shared.Rent((int)(declared ?? Math.Max(needed, FirstChunk)));
        if (_array.Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_array.Length * 2, needed));
            _array.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        piece.CopyTo(_array.AsSpan(_length));
        _length = needed;
        return true;
    }

    private bool Reserve(BodiesInFlight account, long bytes)
    {
        if (!account.TryEnter(bytes - _reserved)) return Fail(BodyError.TooManyInMemory);
        _account = account;
        _reserved = bytes;
        return true;
    }

    private bool Fail(BodyError error)
    {
        Dispose();
        Error = error;
        return false;
    }
}

/// <summary>Why a body is refused.</summary>
internal enum BodyError
{
    /// <summary>Content-Encoding: compressed bodies are not taken.</summary>
    Encoded,

    /// <summary>The length is given twice, or in a way that HTTP/1.0 does not know.</summary>
    AmbiguousLength,

    /// <summary>Larger than <see cref="RequestBody.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>The bodies of all requests together take as much memory as they may.</summary>
    TooManyInMemory,
}
