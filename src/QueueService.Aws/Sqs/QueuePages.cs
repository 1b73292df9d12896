using System.Buffers.Text;
using System.Text;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>The pages of listings: a token is the last name of the page before, so it needs no memory.</summary>
internal static class QueuePages
{
    public static AwsError? Read(int? maxResults, string? token, out string? after)
    {
        after = null;
        if (maxResults is < 1 or > AwsLimits.PageItems)
        {
            return ProtocolErrors.Invalid(
                "MaxResults", maxResults, $"Must be an integer between 1 and {AwsLimits.PageItems}.");
        }

        if (string.IsNullOrEmpty(token)) return null;
        if (!Base64Url.IsValid(token))
            return ProtocolErrors.Invalid("NextToken", token, "Invalid or expired next token.");
        after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return null;
    }

    public static string? TokenOf(string? last) =>
        last is null ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));
}
