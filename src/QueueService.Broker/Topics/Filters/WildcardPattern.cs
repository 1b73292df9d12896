using System.Buffers;
using System.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>A pattern in which `*` is any run of characters, also none; `\*` and `\\` are themselves.</summary>
internal sealed class WildcardPattern
{
    private readonly byte[][] _literals;
    private readonly int _minBytes;

    private WildcardPattern(byte[][] literals)
    {
        _literals = literals;
        foreach (byte[] literal in literals) _minBytes += literal.Length;
    }

    public int Wildcards => _literals.Length - 1;

    /// <summary>What every match begins with.</summary>
    public byte[] Prefix => _literals[0];

    /// <summary>What every match ends with.</summary>
    public byte[] Suffix => _literals[^1];

    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Parse(string text, out WildcardPattern? pattern)
    {
        pattern = null;
        List<byte[]> literals = [];
        ArrayBufferWriter<byte> literal = new();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '*')
            {
                if (i > 0 && literal.WrittenCount == 0 && literals.Count > 0) return "must not have two * in a row.";
                literals.Add(literal.WrittenSpan.ToArray());
                literal.ResetWrittenCount();
                continue;
            }

            if (bytes[i] == '\\' && (++i == bytes.Length || bytes[i] is not ((byte)'*' or (byte)'\\')))
                return "must have * or \\ after each \\.";
            literal.Write(bytes.AsSpan(i, 1));
        }

        literals.Add(literal.WrittenSpan.ToArray());
        if (literals.Count - 1 > FilterLimits.Wildcards) return $"must not have more than {FilterLimits.Wildcards} *.";
        pattern = new WildcardPattern([.. literals]);
        return null;
    }

    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (_literals.Length == 1) return text.SequenceEqual(Prefix);
        if (text.Length < _minBytes || !text.StartsWith(Prefix) || !text.EndsWith(Suffix)) return false;
        text = text[Prefix.Length..^Suffix.Length];
        foreach (byte[] literal in _literals.AsSpan(1, _literals.Length - 2))
        {
            int found = text.IndexOf(literal);
            if (found < 0) return false;
            text = text[(found + literal.Length)..];
        }

        return true;
    }
}
