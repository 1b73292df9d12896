using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace QueueService.Aws.Sqs;

/// <summary>
/// MD5 (RFC 1321) of texts too short for the platform's: OpenSSL 3 looks the algorithm up and allocates a context for
/// every call, which takes longer than hashing 512 bytes and was an eighth of what a batch of ten short messages cost.
/// </summary>
internal static class ShortMd5
{
    /// <summary>Up to here this one is faster, in bytes.</summary>
    public const int Longest = 512;

    private const int BlockBytes = 64;
    private const int LengthBytes = sizeof(ulong);

    /// <summary>floor(2^32 × |sin(i + 1)|) for step i, as the standard lists them.</summary>
    private static readonly uint[] Sines =
        [.. Enumerable.Range(1, 64).Select(static i => (uint)(Math.Abs(Math.Sin(i)) * (1L << 32)))];

    /// <summary>Writes the 16 bytes of the sum of <paramref name="text"/>, of any length, to
    /// <paramref name="sum"/>.</summary>
    public static void Hash(ReadOnlySpan<byte> text, Span<byte> sum)
    {
        Span<uint> state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        int whole = text.Length / BlockBytes * BlockBytes;
        for (int at = 0; at < whole; at += BlockBytes) Mix(state, text.Slice(at, BlockBytes));

        // The rest, one set bit, zeros, and the length in bits at the end of a block.
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        text[whole..].CopyTo(end);
        int rest = text.Length - whole;
        end[rest] = 0x80;
        end = end[..(rest < BlockBytes - LengthBytes ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt64LittleEndian(end[^LengthBytes..], (ulong)text.Length * 8);
        for (int at = 0; at < end.Length; at += BlockBytes) Mix(state, end.Slice(at, BlockBytes));
        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(sum[(i * sizeof(uint))..], state[i]);
    }

    private static void Mix(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> x = stackalloc uint[BlockBytes / sizeof(uint)];
        MemoryMarshal.Cast<byte, uint>(block).CopyTo(x);
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(x, x);
        ReadOnlySpan<uint> k = Sines;
        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        for (int i = 0; i < 16; i += 4)
        {
            a = Turn(a + ((b & c) | (~b & d)) + x[i] + k[i], 7, b);
            d = Turn(d + ((a & b) | (~a & c)) + x[i + 1] + k[i + 1], 12, a);
            c = Turn(c + ((d & a) | (~d & b)) + x[i + 2] + k[i + 2], 17, d);
            b = Turn(b + ((c & d) | (~c & a)) + x[i + 3] + k[i + 3], 22, c);
        }

        for (int i = 16; i < 32; i += 4)
        {
            a = Turn(a + ((d & b) | (~d & c)) + x[((5 * i) + 1) & 15] + k[i], 5, b);
            d = Turn(d + ((c & a) | (~c & b)) + x[((5 * i) + 6) & 15] + k[i + 1], 9, a);
            c = Turn(c + ((b & d) | (~b & a)) + x[((5 * i) + 11) & 15] + k[i + 2], 14, d);
            b = Turn(b + ((a & c) | (~a & d)) + x[5 * i & 15] + k[i + 3], 20, c);
        }

        for (int i = 32; i < 48; i += 4)
        {
            a = Turn(a + (b ^ c ^ d) + x[((3 * i) + 5) & 15] + k[i], 4, b);
            d = Turn(d + (a ^ b ^ c) + x[((3 * i) + 8) & 15] + k[i + 1], 11, a);
            c = Turn(c + (d ^ a ^ b) + x[((3 * i) + 11) & 15] + k[i + 2], 16, d);
            b = Turn(b + (c ^ d ^ a) + x[((3 * i) + 14) & 15] + k[i + 3], 23, c);
        }

        for (int i = 48; i < 64; i += 4)
        {
            a = Turn(a + (c ^ (b | ~d)) + x[7 * i & 15] + k[i], 6, b);
            d = Turn(d + (b ^ (a | ~c)) + x[((7 * i) + 7) & 15] + k[i + 1], 10, a);
            c = Turn(c + (a ^ (d | ~b)) + x[((7 * i) + 14) & 15] + k[i + 2], 15, d);
            b = Turn(b + (d ^ (c | ~a)) + x[((7 * i) + 21) & 15] + k[i + 3], 21, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }

    private static uint Turn(uint sum, int bits, uint onto) => BitOperations.RotateLeft(sum, bits) + onto;
}
