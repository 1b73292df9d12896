using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using QueueService.Aws.Protocol;
using static QueueService.Aws.Auth.AuthErrors;

namespace QueueService.Aws.Auth;

/// <summary>
/// Finds out by its signature (Signature Version 4) who sent a request. A request is good from 15 minutes before to 15
/// minutes after its date, a presigned one from 15 minutes before its date until it expires; within this time a copy
/// of it is good as well, as with AWS.
/// </summary>
internal sealed class SignatureCheck(IReadOnlyList<AccessKey> keys, string region, TimeProvider time)
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);

    private const string TokenName = "X-Amz-Security-Token";
    private const string BodyHashHeader = "X-Amz-Content-Sha256";
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    private readonly FrozenDictionary<string, AccessKey> _keys =
        keys.ToFrozenDictionary(static key => key.Id, StringComparer.Ordinal);

    private readonly SigningKeys _signingKeys = new();

    /// <summary>The key that the request is signed with; null when there is an error, or no signature at all.
    /// </summary>
    /// <param name="service">Of the action that is asked for: sqs or sns.</param>
    public AccessKey? Find(in SignedRequest request, string service, ReadOnlySpan<byte> body, out AwsError? error)
    {
        SignatureClaim? claim = SignatureClaim.Read(request, out error);
        if (error is not null) return null;
        if (claim is null)
        {
            error = IsSignedByOldVersion(request, body) ? OldVersion : null;
            return null;
        }

        AccessKey? key = _keys.GetValueOrDefault(claim.Scope.KeyId);
        error = CheckScope(claim, service) ?? CheckTime(claim) ?? CheckHeaders(claim, request.Headers)
            ?? (key is null ? InvalidToken : key.Refuse(TokenOf(request), time.GetUtcNow()));
        if (error is not null) return null;
        string? bodyHash = HashBody(claim, request, body, out error);
        if (bodyHash is not null) error = Compare(claim, CanonicalRequest.Write(request, claim, bodyHash), key!);
        return error is null ? key : null;
    }

    private AwsError? Compare(SignatureClaim claim, string canonical, AccessKey key)
    {
        string hash = Hash(Encoding.UTF8.GetBytes(canonical));
        string toSign = $"{SignatureClaim.Algorithm}\n{claim.TimeText}\n{claim.Scope}\n{hash}";
        byte[] signature = HMACSHA256.HashData(_signingKeys.Get(key, claim.Scope), Encoding.UTF8.GetBytes(toSign));
        byte[] expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(signature));
        if (CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(claim.Signature))) return null;
        return Mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret " +
            "Access Key and signing method. Consult the service documentation for details.\n\n" +
            $"The Canonical String for this request should have been\n'{canonical}'\n\n" +
            $"The String-to-Sign should have been\n'{toSign}'\n");
    }

    private AwsError? CheckScope(SignatureClaim claim, string service)
    {
        CredentialScope scope = claim.Scope;
        string wrong = "";
        if (scope.Region != region)
            wrong += $"Credential should be scoped to a valid region: '{region}', not '{scope.Region}'. ";
        if (scope.Service != service)
            wrong += $"Credential should be scoped to correct service: '{service}', not '{scope.Service}'. ";
        if (scope.Terminator != CredentialScope.End)
        {
            wrong += "Credential should be scoped with a valid terminator: " +
                $"'{CredentialScope.End}', not '{scope.Terminator}'. ";
        }

        string day = claim.TimeText[..8];
        if (scope.Date != day)
        {
            wrong += "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
                $"'{scope.Date}' != '{day}', from '{claim.TimeText}'. ";
        }

        return wrong.Length == 0 ? null : Mismatch(wrong.TrimEnd());
    }

    private AwsError? CheckTime(SignatureClaim claim)
    {
        DateTimeOffset now = time.GetUtcNow();
        (string at, string nowText) = (claim.TimeText, SignatureClaim.Write(now));
        if (claim.Time > now + Skew)
        {
            return Mismatch(
                $"Signature not yet current: {at} is still later than {SignatureClaim.Write(now + Skew)} " +
                $"({nowText} + 15 min.)");
        }

        if (claim.Expires is { } seconds)
        {
            DateTimeOffset end = claim.Time.AddSeconds(seconds);
            return now <= end ? null : RequestExpired.With(
                $"Request has expired: it was good until {SignatureClaim.Write(end)}, and it is {nowText}.");
        }

        return claim.Time >= now - Skew ? null : Mismatch(
            $"Signature expired: {at} is now earlier than {SignatureClaim.Write(now - Skew)} ({nowText} - 15 min.)");
    }

    /// <summary>What decides about the request must be signed: its host, its action and how its body is read.</summary>
    private static AwsError? CheckHeaders(SignatureClaim claim, IHeaderDictionary headers)
    {
        foreach (string name in headers.Keys.Append("Host"))
        {
            bool mustBe = name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase)
                || (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) && !IsDefaultOfCurl(headers));
            if (mustBe && !claim.SignedHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
                return Mismatch($"'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        }

        return null;
    }

    /// <summary>curl signs the content type only when its user gave one.</summary>
    private static bool IsDefaultOfCurl(IHeaderDictionary headers) =>
        headers[HeaderNames.ContentType] == "application/x-www-form-urlencoded";

    /// <summary>In hexadecimal; what the client says must be true of the body that came.</summary>
    private static string? HashBody(
        SignatureClaim claim, in SignedRequest request, ReadOnlySpan<byte> body, out AwsError? error)
    {
        error = null;
        string? claimed = request.Headers[BodyHashHeader];
        if (claim.IsPresigned)
            claimed ??= request.ReadQuery().Find(static parameter => parameter.Name == BodyHashHeader).Value;
        // A body may say what is to be done, so it is signed in any case.
        if (claimed == Unsigned && claim.IsPresigned && body.IsEmpty) return Unsigned;
        string hash = Hash(body);
        if (claimed is null || claimed == hash) return hash;
        error = Mismatch(
            $"{BodyHashHeader} must be the SHA-256 of the body in lower-case hexadecimal" +
            (claimed == Unsigned ? $"; {Unsigned} is for presigned requests without a body." : "."));
        return null;
    }

    /// <summary>In the header or, presigned, in the query: signed in any case.</summary>
    private static string? TokenOf(in SignedRequest request) => request.Headers[TokenName].Count > 0
        ? request.Headers[TokenName].ToString()
        : request.ReadQuery().Find(static parameter => parameter.Name == TokenName).Value;

    private static bool IsSignedByOldVersion(in SignedRequest request, ReadOnlySpan<byte> body) =>
        request.Query.Contains("AWSAccessKeyId=", StringComparison.Ordinal) || body.IndexOf("AWSAccessKeyId="u8) >= 0;

    private static string Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Convert.ToHexStringLower(hash);
    }
}
