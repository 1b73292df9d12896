using System.Globalization;
using QueueService.Aws;

namespace QueueService.Server.Hosting;

/// <summary>The section of the AWS protocols.</summary>
internal sealed partial class OptionsReader
{
    private const string AccountKey = "Aws:AccountId";
    private const string RegionKey = "Aws:Region";
    private const string AccessKeysKey = "Aws:AccessKeys";
    private const int MaxKeyCharacters = 128;

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
        bool isRegion = aws.Region.Length <= 32 && aws.Region.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
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
            if (!string.IsNullOrEmpty(entry.Value)) Errors.Add($"{entry.Path} has Id, Secret, AccountId and User.");
            AwsAccessKey key = new(Required($"{entry.Path}:Id"), Required($"{entry.Path}:Secret"))
            {
                AccountId = Optional($"{entry.Path}:AccountId"),
                User = Optional($"{entry.Path}:User"),
            };
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
    private string Required(string key)
    {
        _known.Add(key);
        string value = configuration[key] ?? "";
        if (value.Length is 0 or > MaxKeyCharacters || value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            Errors.Add($"{key} must be 1 to {MaxKeyCharacters} printable ASCII characters without spaces.");
        return value;
    }

    private static bool IsOfUser(char character) => char.IsAsciiLetterOrDigit(character) || character is '+' or '='
        or ',' or '.' or '@' or '_' or '-';

    private void CheckAccount(string key, string account)
    {
        if (!AwsOptions.IsAccount(account))
            Errors.Add($"{key} is '{account}', but must be {AwsOptions.AccountDigits} digits.");
    }
}
