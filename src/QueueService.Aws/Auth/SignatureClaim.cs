using System.Globalization;
using Microsoft.AspNetCore.Http;
using QueueService.Aws.Protocol;
using static QueueService.Aws.Auth.AuthErrors;

namespace QueueService.Aws.Auth;

/// <summary>What a request says of its signature, in its Authorization header or in its query.</summary>
/// <param name="SignedHeaders">Names in lower case, in the order that was signed.</param>
/// <param name="Signature">Lower-case hexadecimal, as the client gave it.</param>
/// <param name="Time">When it was signed.</param>
/// <param name="Expires">Seconds that a presigned request is good for; null when a header has the signature.</param>
internal sealed record SignatureClaim(
    CredentialScope Scope, string[] SignedHeaders, string Signature, DateTimeOffset Time, int? Expires)
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>A week, in seconds.</summary>
    public const int MaxExpires = 604_800;

    private static readonly string[] Required = ["Credential", "Signature", "SignedHeaders"];

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>What a presigned request is good for that does not say: as long as one that is signed in a header.
    /// </summary>
    private const int DefaultExpires = 900;

    public bool IsPresigned => Expires is not null;

    public string TimeText => Write(Time);

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, null);

    /// <summary>Null without an error when the request is not signed at all.</summary>
    public static SignatureClaim? Read(in SignedRequest request, out AwsError? error)
    {
        error = null;
        List<(string Name, string Value)> query = request.ReadQuery();
        bool isPresigned = query.Exists(static parameter => parameter.Name is "X-Amz-Signature" or "X-Amz-Algorithm");
        string authorization = request.Headers.Authorization.ToString();
        if (authorization.Length > 0 && isPresigned)
            error = Incomplete("A request is signed in its Authorization header or in its query, not in both.");
        else if (authorization.Length > 0) return ReadHeader(authorization, request.Headers, out error);
        else if (isPresigned) return ReadQuery(query, out error);
        return null;
    }

    private static SignatureClaim? ReadHeader(string authorization, IHeaderDictionary headers, out AwsError? error)
    {
        int space = authorization.IndexOf(' ', StringComparison.Ordinal);
        string algorithm = space < 0 ? authorization : authorization[..space];
        if (algorithm != Algorithm)
        {
            error = algorithm == "AWS"
                ? OldVersion
                : Incomplete($"Unsupported AWS 'algorithm': '{algorithm}'. Supported is {Algorithm}.");
            return null;
        }

        Dictionary<string, string> parts = new(StringComparer.Ordinal);
        foreach (string part in authorization[algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) parts.TryAdd(part[..equals], part[(equals + 1)..]);
        }

        string missing = string.Concat(Required
            .Where(name => !parts.ContainsKey(name))
            .Select(static name => $"Authorization header requires '{name}' parameter. "));
        string date = headers["X-Amz-Date"].ToString() is { Length: > 0 } own ? own : headers.Date.ToString();
        if (date.Length == 0)
            missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        if (missing.Length == 0)
            return Create(parts.GetValueOrDefault, date, expires: null, out error);
        error = Incomplete(missing.TrimEnd());
        return null;
    }

    private static SignatureClaim? ReadQuery(List<(string Name, string Value)> query, out AwsError? error)
    {
        string? Find(string name) => query.Find(parameter => parameter.Name == "X-Amz-" + name).Value;

        error = null;
        foreach (string name in (ReadOnlySpan<string>)["Algorithm", "Credential", "Date", "SignedHeaders", "Signature"])
        {
            if (Find(name) is null)
                error ??= Incomplete($"AWS query-string parameters must include 'X-Amz-{name}'.");
        }

        if (error is null && Find("Algorithm") != Algorithm)
            error = Incomplete($"Unsupported AWS 'algorithm': '{Find("Algorithm")}'. Supported is {Algorithm}.");
        int expires = DefaultExpires;
        if (error is null && Find("Expires") is { } given &&
            (!int.TryParse(given, NumberStyles.None, null, out expires) || expires is < 1 or > MaxExpires))
            error = Incomplete($"X-Amz-Expires must be a number of seconds from 1 to {MaxExpires}, not '{given}'.");
        return error is null ? Create(Find, Find("Date")!, expires, out error) : null;
    }

    private static SignatureClaim? Create(
        Func<string, string?> part, string date, int? expires, out AwsError? error)
    {
        CredentialScope? scope = CredentialScope.Read(part("Credential")!, out error);
        if (scope is null) return null;
        if (!TryReadTime(date, out DateTimeOffset time))
        {
            error = Incomplete($"Date must be in ISO-8601 'basic format'. Got '{date}'.");
            return null;
        }

        string[] headers = part("SignedHeaders")!.ToLowerInvariant().Split(';');
        return new SignatureClaim(scope, headers, part("Signature")!, time, expires);
    }

    /// <summary>Basic ISO 8601 as in X-Amz-Date, or what a Date header has.</summary>
    private static bool TryReadTime(string text, out DateTimeOffset time)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        CultureInfo invariant = CultureInfo.InvariantCulture;
        return DateTimeOffset.TryParseExact(text, TimeFormat, invariant, Utc, out time)
            || DateTimeOffset.TryParseExact(text, "r", invariant, Utc, out time);
    }
}

/// <summary>`AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request`: whose key it is and what the signature is good for.
/// </summary>
/// <param name="Date">The day, yyyyMMdd in UTC.</param>
internal sealed record CredentialScope(string KeyId, string Date, string Region, string Service, string Terminator)
{
    public const string End = "aws4_request";

    public static CredentialScope? Read(string credential, out AwsError? error)
    {
        error = null;
        string[] parts = credential.Split('/');
        if (parts.Length == 5) return new CredentialScope(parts[0], parts[1], parts[2], parts[3], parts[4]);
        error = Incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, " +
            $"got '{credential}'");
        return null;
    }

    /// <summary>Without the key, as in the string to sign.</summary>
    public override string ToString() => $"{Date}/{Region}/{Service}/{Terminator}";
}
