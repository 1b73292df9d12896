using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using QueueService.Http;

namespace QueueService.Server.Http;

/// <summary>
/// A growing buffer that JSON is written into, kept per thread between requests. It checks nothing: the few shapes of
/// the data path are spelled out by their callers, which is several times faster than a checking writer.
/// </summary>
internal sealed class JsonOutput : OutputBuffer
{
    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(n => (byte)n), (byte)'"', (byte)'\\']);

    [ThreadStatic]
    private static JsonOutput? _spare;

    public static JsonOutput Rent()
    {
        JsonOutput output = _spare ?? new JsonOutput();
        _spare = null;
        output.Clear();
        return output;
    }

    /// <summary>Gives the buffer back; it must not be used afterwards.</summary>
    public void Return()
    {
        Shrink();
        _spare = this;
    }

    /// <summary>Takes back what was written last.</summary>
    public void Truncate(int length) => Length = length;

    public JsonOutput Raw(ReadOnlySpan<byte> json)
    {
        Reserve(json.Length);
        json.CopyTo(Bytes.AsSpan(Length));
        Length += json.Length;
        return this;
    }

    public JsonOutput Number(long value)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(value, Bytes.AsSpan(Length), out int written);
        Length += written;
        return this;
    }

    /// <summary>A number of events per second, to the thousandth.</summary>
    public JsonOutput Rate(double perSecond) => Thousandths((int)Math.Min(int.MaxValue, Math.Round(perSecond * 1_000)));

    /// <summary>A number that is kept as an integer of thousandths.</summary>
    public JsonOutput Thousandths(int value)
    {
        GetSpan(16);
        (value / 1_000m).TryFormat(Bytes.AsSpan(Length), out int written, default, CultureInfo.InvariantCulture);
        Length += written;
        return this;
    }

    /// <summary>A quoted string.</summary>
    public JsonOutput Text(ReadOnlySpan<char> text)
    {
        int start = Length;
        int bytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        Reserve(bytes + 2);
        Span<byte> utf8 = Bytes.AsSpan(start + 1, bytes);
        int written = Encoding.UTF8.GetBytes(text, utf8);
        if (utf8[..written].ContainsAny(NeedsEscape))
        {
            byte[] copy = utf8[..written].ToArray();
            return Text(copy);
        }

        Bytes[start] = (byte)'"';
        Bytes[start + 1 + written] = (byte)'"';
        Length += written + 2;
        return this;
    }

    /// <summary>A quoted string from valid UTF-8.</summary>
    public JsonOutput Text(ReadOnlySpan<byte> utf8)
    {
        Raw("\""u8);
        for (int next; (next = utf8.IndexOfAny(NeedsEscape)) >= 0; utf8 = utf8[(next + 1)..])
        {
            Raw(utf8[..next]);
            Escape(utf8[next]);
        }

        return Raw(utf8).Raw("\""u8);
    }

    /// <summary>A quoted base64 string.</summary>
    public JsonOutput Base64Text(ReadOnlySpan<byte> bytes)
    {
        Raw("\""u8);
        Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, Bytes.AsSpan(Length), out _, out int written);
        Length += written;
        return Raw("\""u8);
    }

    /// <summary>A quoted RFC 3339 instant in UTC with milliseconds.</summary>
    public JsonOutput Instant(long unixMilliseconds)
    {
        Reserve(Rfc3339.Length + 2);
        Span<byte> text = Bytes.AsSpan(Length, Rfc3339.Length + 2);
        text[0] = text[^1] = (byte)'"';
        Rfc3339.Format(unixMilliseconds, text[1..^1]);
        Length += text.Length;
        return this;
    }

    /// <summary>Bytes of a fixed-length text that its owner formats, quoted.</summary>
    public Span<byte> Quoted(int length)
    {
        Reserve(length + 2);
        Span<byte> text = Bytes.AsSpan(Length, length + 2);
        text[0] = text[^1] = (byte)'"';
        Length += text.Length;
        return text[1..^1];
    }

    private void Escape(byte value)
    {
        if (value is (byte)'"' or (byte)'\\')
        {
            Raw([(byte)'\\', value]);
            return;
        }

        ReadOnlySpan<byte> shortForm = value switch
        {
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            _ => default,
        };
        if (!shortForm.IsEmpty)
        {
            Raw(shortForm);
            return;
        }

        Raw("\\u"u8);
        Reserve(4);
        value.TryFormat(Bytes.AsSpan(Length), out int written, "x4", CultureInfo.InvariantCulture);
        Length += written;
    }
}
