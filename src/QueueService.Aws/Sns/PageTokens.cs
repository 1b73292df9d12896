using System.Buffers.Text;
using System.Text;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sns;

/// <summary>The token of a next page names the last item of the one before, so it survives a restart.</summary>
internal static class PageTokens
{
    private const int MaxLength = 1_024;

    public static string? Write(string? last) =>
        last is null ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));

    public static AwsError? Read(string? token, out string? after)
    {
        after = null;
        if (string.IsNullOrEmpty(token)) return null;
        if (token.Length > MaxLength || !Base64Url.IsValid(token)) return SnsErrors.Invalid("NextToken");
        after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return null;
    }
}
