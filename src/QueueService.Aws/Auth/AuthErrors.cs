using QueueService.Aws.Protocol;

namespace QueueService.Aws.Auth;

/// <summary>Why a request is refused before its action looks at it.</summary>
internal static class AuthErrors
{
    /// <summary>There is neither a signature nor a policy that would let anybody in.</summary>
    public static readonly ErrorKind MissingAuthenticationToken =
        ErrorKind.Coral("MissingAuthenticationTokenException", "MissingAuthenticationToken", 403);

    /// <summary>A part of the signature is missing or is not written as it must be.</summary>
    public static readonly ErrorKind IncompleteSignature =
        ErrorKind.Coral("IncompleteSignatureException", "IncompleteSignature", 400);

    /// <summary>No such key, or not with this session token.</summary>
    public static readonly ErrorKind InvalidClientTokenId =
        ErrorKind.Coral("UnrecognizedClientException", "InvalidClientTokenId", 403);

    /// <summary>The temporary credentials have ended.</summary>
    public static readonly ErrorKind ExpiredToken = ErrorKind.Coral("ExpiredTokenException", "ExpiredToken", 403);

    /// <summary>Made with another secret, over another request, for another region, service or time.</summary>
    public static readonly ErrorKind SignatureDoesNotMatch =
        ErrorKind.Coral("InvalidSignatureException", "SignatureDoesNotMatch", 403);

    /// <summary>A presigned request is past its time.</summary>
    public static readonly ErrorKind RequestExpired = ErrorKind.Coral("RequestExpired", "RequestExpired", 400);

    /// <summary>Signed in a way that is not supported.</summary>
    public static readonly ErrorKind InvalidSecurity = new("InvalidSecurity", "InvalidSecurity", 403);

    public static readonly AwsError InvalidToken =
        InvalidClientTokenId.With("The security token included in the request is invalid.");

    public static readonly AwsError TokenHasEnded =
        ExpiredToken.With("The security token included in the request is expired");

    public static readonly AwsError OldVersion = InvalidSecurity.With(
        "Signature Version 2 is not supported: sign requests with Signature Version 4.");

    public static AwsError Incomplete(string message) => IncompleteSignature.With(message);

    public static AwsError Mismatch(string message) => SignatureDoesNotMatch.With(message);
}
