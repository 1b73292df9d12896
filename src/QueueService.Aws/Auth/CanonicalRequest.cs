using System.Text;
using Microsoft.Extensions.Primitives;

namespace QueueService.Aws.Auth;

/// <summary>
/// The one way in which a request is written down to be signed (AWS Signature Version 4):
/// <code>
/// method \n path \n query \n (header ':' value \n)… \n signed headers \n SHA-256 of the body, hexadecimal
/// </code>
/// </summary>
internal static class CanonicalRequest
{
    public static string Write(in SignedRequest request, SignatureClaim claim, string bodyHash)
    {
        StringBuilder text = new(512);
        text.Append(request.Method).Append('\n');
        WritePath(text, request.Path);
        text.Append('\n');
        WriteQuery(text, request.ReadQuery());
        text.Append('\n');
        foreach (string name in claim.SignedHeaders)
        {
            text.Append(name).Append(':');
            WriteValue(text, request.Headers[name]);
            text.Append('\n');
        }

        text.Append('\n').AppendJoin(';', claim.SignedHeaders).Append('\n').Append(bodyHash);
        return text.ToString();
    }

    /// <summary>Without empty and dot segments, and encoded once more: only S3 signs paths as they are.</summary>
    private static void WritePath(StringBuilder text, string path)
    {
        List<string> segments = [];
        foreach (string segment in path.Split('/'))
        {
            if (segment is "" or ".") continue;
            if (segment != "..") segments.Add(segment);
            else if (segments.Count > 0) segments.RemoveAt(segments.Count - 1);
        }

        text.Append('/').AppendJoin('/', segments.Select(Uri.EscapeDataString));
        if (segments.Count > 0 && path.EndsWith('/')) text.Append('/');
    }

    /// <summary>In order of the encoded names, then values; the signature itself is left out.</summary>
    private static void WriteQuery(StringBuilder text, List<(string Name, string Value)> query)
    {
        query.RemoveAll(static parameter => parameter.Name == "X-Amz-Signature");
        List<(string Name, string Value)> encoded = query.ConvertAll(static parameter =>
            (Uri.EscapeDataString(parameter.Name), Uri.EscapeDataString(parameter.Value)));
        encoded.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name) is not 0 and var order
            ? order
            : string.CompareOrdinal(one.Value, other.Value));
        text.AppendJoin('&', encoded.Select(static parameter => $"{parameter.Name}={parameter.Value}"));
    }

    /// <summary>All values of the header, trimmed, with one space where there are several.</summary>
    private static void WriteValue(StringBuilder text, StringValues values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (i > 0) text.Append(',');
            bool space = false;
            foreach (char character in values[i].AsSpan().Trim())
            {
                if (character != ' ' || !space) text.Append(character);
                space = character == ' ';
            }
        }
    }
}
