namespace QueueService.Aws.Auth;

/// <summary>Why a request is refused before its action looks at it; the names are AWS's codes.</summary>
internal enum AuthError
{
    /// <summary>403: there is neither a signature nor a policy that would let anybody in.</summary>
    MissingAuthenticationToken,

    /// <summary>400: a part of the signature is missing or is not written as it must be.</summary>
    IncompleteSignature,

    /// <summary>403: no such key.</summary>
    InvalidClientTokenId,

    /// <summary>403: made with another secret, over another request, for another region, service or time.</summary>
    SignatureDoesNotMatch,

    /// <summary>400: a presigned request is past its time.</summary>
    RequestExpired,

    /// <summary>403: signed in a way that is not supported.</summary>
    InvalidSecurity,

    /// <summary>403: the policy does not allow it.</summary>
    AccessDenied,
}

internal sealed record AuthProblem(AuthError Error, string Message);
