namespace QueueService.Server.Http;

/// <summary>What a refused body is answered with.</summary>
internal static class BodyProblems
{
    /// <summary>Why there is no body; null when there is one, or none was sent.</summary>
    public static Problem? Problem(this in RequestBody body) => body.Error switch
    {
        null => null,
        BodyError.Encoded => new Problem(ProblemKind.UnsupportedContentEncoding),
        BodyError.AmbiguousLength => new Problem(
            ProblemKind.MalformedRequest,
            "The length of the body is given twice, or in a way that HTTP/1.0 does not know."),
        BodyError.TooLarge => new Problem(ProblemKind.RequestTooLarge),
        _ => new Problem(ProblemKind.Overloaded),
    };

    /// <summary>For operations without a body: what to answer when there is one.</summary>
    public static async ValueTask<Problem?> Refuse(HttpContext http, BodiesInFlight account, string detail)
    {
        using RequestBody body = await RequestBody.Read(http, account);
        return body.Problem() ?? (body.Span.IsEmpty ? null : Http.Problem.Invalid("", detail));
    }

    /// <summary>Refuses a body by its length.</summary>
    public static Problem TooLarge(HttpContext http)
    {
        RequestBody.LetClientFinish(http);
        return new Problem(ProblemKind.RequestTooLarge);
    }
}
