using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace QueueService.Aws.Protocol;

/// <summary>
/// A whole request body in memory: where the connection has it when it came in one piece, else in a pooled array.
/// Dispose it before anything is awaited: it holds the connection's buffer.
/// </summary>
internal struct RequestBytes : IDisposable
{
    private const int FirstPiece = 16_384;

    private PipeReader? _reader;
    private ReadOnlySequence<byte> _inPlace;
    private byte[]? _array;
    private int _length;
    private AwsHost? _account;
    private long _reserved;

    public readonly ReadOnlySpan<byte> Span => _array is null ? _inPlace.FirstSpan : _array.AsSpan(0, _length);

    /// <summary>Why there is none.</summary>
    public AwsError? Error { get; private set; }

    public static async ValueTask<RequestBytes> Read(HttpContext http, AwsHost host)
    {
        RequestBytes body = default;
        HttpRequest request = http.Request;
        long? declared = request.ContentLength;
        if (declared == 0 || (declared is null && !MayFollow(http))) return body;
        if (declared > AwsLimits.RequestBytes)
        {
            // The server reads and forgets it: who still writes would see a broken connection instead of the answer.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = null;
            body.Fail(ProtocolErrors.TooLarge);
            return body;
        }

        if (!body.Reserve(host, declared ?? FirstPiece)) return body;
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

                bool taken = body.Take(result.Buffer, declared);
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

    public void Dispose()
    {
        _reader?.AdvanceTo(_inPlace.End);
        if (_array is not null) ArrayPool<byte>.Shared.Return(_array);
        _account?.LeaveBody(_reserved);
        this = default;
    }

    /// <summary>A request without a length has a body only when it is chunked.</summary>
    private static bool MayFollow(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    private bool Take(ReadOnlySequence<byte> piece, long? declared)
    {
        int needed = _length + (int)piece.Length;
        if (needed > AwsLimits.RequestBytes) return Fail(ProtocolErrors.TooLarge);
        if (needed > _reserved && !Reserve(_account!, needed * 2L)) return false;
        _array ??= ArrayPool<byte>.Shared.Rent((int)(declared ?? Math.Max(needed, FirstPiece)));
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

    private bool Reserve(AwsHost host, long bytes)
    {
        if (!host.TryEnterBody(bytes - _reserved))
            return Fail(ProtocolErrors.ServiceUnavailable.With("Too many request bodies are in memory. Try again."));
        _account = host;
        _reserved = bytes;
        return true;
    }

    private bool Fail(AwsError error)
    {
        Dispose();
        Error = error;
        return false;
    }
}
