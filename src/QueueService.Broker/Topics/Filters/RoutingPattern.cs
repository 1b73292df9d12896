using System.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// An AMQP topic pattern: words between dots, `*` exactly one, `#` any number, also none. The empty key has no words at
/// all, as in RabbitMQ, and a message without a key has the empty one; a dot more makes an empty word more.
/// </summary>
internal sealed class RoutingPattern
{
    /// <summary>Of a key of the longest kind, all dots.</summary>
    public const int MaxWords = FilterLimits.RoutingKeyBytes + 1;

    public RoutingPattern(string text)
    {
        List<byte[]> words = [];
        if (text.Length > 0)
            foreach (string word in text.Split('.')) words.Add(Encoding.UTF8.GetBytes(word));
        Words = [.. words];
    }

    public byte[][] Words { get; }

    /// <summary>Words that a key must have literally: the more, the fewer keys match.</summary>
    public int Literals
    {
        get
        {
            int literals = 0;
            foreach (byte[] word in Words)
                if (!IsOne(word) && !IsMany(word)) literals++;
            return literals;
        }
    }

    public static bool IsOne(ReadOnlySpan<byte> word) => word.Length == 1 && word[0] == '*';

    public static bool IsMany(ReadOnlySpan<byte> word) => word.Length == 1 && word[0] == '#';

    /// <summary>The place of the dot that ends the word which starts at <paramref name="start"/>.</summary>
    public static int EndOfWord(ReadOnlySpan<byte> key, int start)
    {
        int dot = key[start..].IndexOf((byte)'.');
        return dot < 0 ? key.Length : start + dot;
    }

    public bool Matches(ReadOnlySpan<byte> key)
    {
        // Greedy: what an earlier # could take more, a later one can take as well, so only the last one is tried again.
        int start = key.IsEmpty ? 1 : 0, word = 0, many = -1, again = 0;
        while (start <= key.Length)
        {
            int end = EndOfWord(key, start);
            if (word < Words.Length && IsMany(Words[word]))
            {
                many = ++word;
                again = start;
                continue;
            }

            if (word < Words.Length && (IsOne(Words[word]) || key[start..end].SequenceEqual(Words[word])))
            {
                word++;
                start = end + 1;
                continue;
            }

            if (many < 0) return false;
            word = many;
            again = EndOfWord(key, again) + 1;
            start = again;
        }

        while (word < Words.Length && IsMany(Words[word])) word++;
        return word == Words.Length;
    }
}
