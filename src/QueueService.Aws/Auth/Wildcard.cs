namespace QueueService.Aws.Auth;

/// <summary>Patterns of policies: `*` is any text, also none; `?` is one character.</summary>
internal static class Wildcard
{
    /// <summary>Steps back to the last star only, so the time is at most the product of both lengths.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase = false)
    {
        int at = 0, inText = 0, star = -1, afterStar = 0;
        while (inText < text.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                afterStar = inText;
            }
            else if (at < pattern.Length && (pattern[at] == '?' || AreEqual(pattern[at], text[inText], ignoreCase)))
            {
                at++;
                inText++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                inText = ++afterStar;
            }
            else
            {
                return false;
            }
        }

        return !pattern[at..].ContainsAnyExcept('*');
    }

    private static bool AreEqual(char one, char other, bool ignoreCase) =>
        one == other || (ignoreCase && char.ToLowerInvariant(one) == char.ToLowerInvariant(other));
}
