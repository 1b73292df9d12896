using System.Globalization;
using QueueService.Aws;
using QueueService.Server.Http;

namespace QueueService.Server.Hosting;

/// <summary>The section of the AWS protocols.</summary>
internal sealed partial class OptionsReader
{
    private const string AccountKey = "Aws:AccountId";
    private const string RegionKey = "Aws:Region";
    private const string AccessKeysKey = "Aws:AccessKeys";
    private const int MaxKeyCharacters = 128;

    /// <summary>AWS names no limit; its tokens have some hundred, and all headers of a request must fit into 80 KiB.
    /// </summary>
    private const int MaxTokenCharacters = 4_096;

    /// <summary>As IAM's.</summary>
    private const int MaxUserCharacters = 64;

    private AwsOptions Aws()
    {
        AwsOptions aws = new();
        aws = aws with
        {
            AccountId = Text(AccountKey, aws.AccountId),
            Region = Text(RegionKey, aws.Region),
            StrictTimers = Flag("Aws:StrictTimers"),
            AccessKeys = AccessKeys(),
        };
        CheckAccount(AccountKey, aws.AccountId);
        bool isRegion = aws.Region.Length <= 32
            && aws.Region.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!isRegion) Errors.Add($"{RegionKey} is '{aws.Region}', but must be a name like us-east-1.");
        return aws;
    }

    private List<AwsAccessKey> AccessKeys()
    {
        _known.Add(AccessKeysKey);
        List<AwsAccessKey> keys = [];
        if (!string.IsNullOrEmpty(configuration[AccessKeysKey]))
            Errors.Add($"{AccessKeysKey} is a list: say {AccessKeysKey}:0:Id, {AccessKeysKey}:0:Secret and so on.");
        foreach (IConfigurationSection entry in configuration.GetSection(AccessKeysKey).GetChildren())
        {
            if (!int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            _known.Add(entry.Path);
            if (!string.IsNullOrEmpty(entry.Value))
                Errors.Add($"{entry.Path} has Id, Secret, AccountId, User, SessionToken and ExpiresAt.");
            AwsAccessKey key = new(
                Printable($"{entry.Path}:Id", MaxKeyCharacters), Printable($"{entry.Path}:Secret", MaxKeyCharacters))
            {
                AccountId = Optional($"{entry.Path}:AccountId"),
                User = Optional($"{entry.Path}:User"),
                SessionToken = configuration[$"{entry.Path}:SessionToken"] is null
                    ? null
                    : Printable($"{entry.Path}:SessionToken", MaxTokenCharacters),
                ExpiresAt = Instant($"{entry.Path}:ExpiresAt"),
            };
            if (key.ExpiresAt is not null && key.SessionToken is null)
                Errors.Add($"{entry.Path}:ExpiresAt is only for a key that has a SessionToken.");
            if (!key.Id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
                Errors.Add($"{entry.Path}:Id is '{key.Id}', but must be of A-Z a-z 0-9 _ -.");
            if (key.User is { } user && (user.Length > MaxUserCharacters || !user.All(IsOfUser)))
                Errors.Add($"{entry.Path}:User is '{user}', but must be 1 to 64 of A-Z a-z 0-9 + = , . @ _ -.");
            if (key.AccountId is { } account) CheckAccount($"{entry.Path}:AccountId", account);
            if (keys.Exists(other => other.Id == key.Id)) Errors.Add($"{entry.Path}:Id is the id of another key.");
            keys.Add(key);
        }

        return keys;
    }

    /// <summary>Its value is not told: it may be a secret.</summary>
    private string Printable(string key, int maxCharacters)
    {
        _known.Add(key);
        string value = configuration[key] ?? "";
        if (value.Length == 0 || value.Length > maxCharacters || value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            Errors.Add($"{key} must be 1 to {maxCharacters} printable ASCII characters without spaces.");
        return value;
    }

    private DateTimeOffset? Instant(string key)
    {
        _known.Add(key);
        if (configuration[key] is not { } text) return null;
        if (Rfc3339.TryParse(text, out long at)) return DateTimeOffset.FromUnixTimeMilliseconds(at);
        Errors.Add($"{key} is '{text}', but must be an instant like 2026-12-31T23:59:59Z.");
        return null;
    }

    private static bool IsOfUser(char character) => char.IsAsciiLetterOrDigit(character) || character is '+' or '='
        or ',' or '.' or '@' or '_' or '-';

    private void CheckAccount(string key, string account)
    {
        if (!AwsOptions.IsAccount(account))
            Errors.Add($"{key} is '{account}', but must be {AwsOptions.AccountDigits} digits.");
    }
}
