using System.Text;

namespace QueueService.Server.Webhooks;

/// <summary>The `Authorization` header of a target, never shown.</summary>
internal static class WebhookAuthorization
{
    /// <summary>RFC 7617, in UTF-8. Null with the reason when it is refused.</summary>
    public static WebhookHeader? Basic(string user, string password, out string? refusal)
    {
        refusal = null;
        if (user.Contains(':')) refusal = "must have a user name without a colon.";
        else if (user.Length + password.Length > WebhookLimits.CredentialLength)
            refusal = $"must have at most {WebhookLimits.CredentialLength} characters.";
        else if (user.Any(char.IsControl) || password.Any(char.IsControl))
            refusal = "must not contain control characters.";
        return refusal is null
            ? Header("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
            : null;
    }

    /// <summary>RFC 6750. Null with the reason when it is refused.</summary>
    public static WebhookHeader? Bearer(string token, out string? refusal)
    {
        bool valid = token.Length is > 0 and <= WebhookLimits.CredentialLength &&
            token.TrimEnd('=').All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~' or '+' or '/');
        refusal = valid
            ? null
            : $"must be a token of at most {WebhookLimits.CredentialLength} letters, digits and -._~+/.";
        return valid ? Header("Bearer " + token) : null;
    }

    private static WebhookHeader Header(string value) => new("Authorization", value, IsSecret: true);
}
