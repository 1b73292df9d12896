using System.Diagnostics;

namespace QueueService.Server.Http;

/// <summary>An RFC 9457 problem on its way out: a kind, what happened this time, and what is to blame.</summary>
internal sealed class Problem(ProblemKind kind, string? detail = null)
{
    public const string ContentType = "application/problem+json";

    private readonly List<(string Where, string Message)> _errors = [];
    private readonly List<(string Name, long Value)> _facts = [];

    public ProblemKind Kind => kind;

    /// <summary>What is blamed.</summary>
    public IReadOnlyList<(string Where, string Message)> Errors => _errors;

    /// <summary>What went wrong this time, in words.</summary>
    public string Detail => detail ?? (_errors.Count == 0 ? kind.Effect + " " + kind.Remedy : Summary);

    /// <summary>Blames a part of the request, creating the problem with the first one.</summary>
    /// <param name="where">A JSON pointer, `?name` for a query parameter, or a header's name.</param>
    public static void Blame(ref Problem? problem, string where, string message)
    {
        problem ??= new Problem(ProblemKind.InvalidRequest);
        problem._errors.Add((where, message));
    }

    public static Problem Invalid(string where, string message) =>
        new Problem(ProblemKind.InvalidRequest).With(where, message);

    public Problem With(string where, string message)
    {
        _errors.Add((where, message));
        return this;
    }

    /// <summary>Adds a number that the caller needs to go on, as a member of its own.</summary>
    public Problem Telling(string name, long value)
    {
        _facts.Add((name, value));
        return this;
    }

    /// <summary>Moves everything that is blamed below a pointer: an item does not know its place in a batch.</summary>
    public Problem Under(string pointer)
    {
        for (int i = 0; i < _errors.Count; i++) _errors[i] = (pointer + _errors[i].Where, _errors[i].Message);
        return this;
    }

    /// <summary>Answers the request with this problem.</summary>
    public Task Write(HttpContext http)
    {
        if (kind.RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString();
        JsonOutput output = JsonOutput.Rent();
        WriteJson(output, TraceId(http));
        return http.Answer(kind.Status, ContentType, output);
    }

    /// <summary>The JSON object; items of a batch carry no trace id, the request they came with has one.</summary>
    public void WriteJson(JsonOutput output, string? traceId = null)
    {
        output.Raw("{\"type\":"u8).Text(kind.Type)
            .Raw(",\"title\":"u8).Text(kind.Title)
            .Raw(",\"status\":"u8).Number(kind.Status)
            .Raw(",\"detail\":"u8).Text(Detail)
            .Raw(",\"code\":"u8).Text(kind.Code)
            .Raw(kind.Retriable ? ",\"retriable\":true"u8 : ",\"retriable\":false"u8);
        foreach ((string name, long value) in _facts) output.Raw(","u8).Text(name).Raw(":"u8).Number(value);
        if (_errors.Count > 0) WriteErrors(output);
        if (traceId is not null) output.Raw(",\"traceId\":"u8).Text(traceId);
        output.Raw("}"u8);
    }

    /// <summary>Everything that is blamed, in one line.</summary>
    public string Summary => string.Join(" ", _errors.Select(error => $"{error.Where}: {error.Message}"));

    private void WriteErrors(JsonOutput output)
    {
        output.Raw(",\"errors\":{"u8);
        for (int i = 0; i < _errors.Count; i++)
        {
            // The first message wins when one place is blamed twice: names in an object are unique.
            string where = _errors[i].Where;
            if (_errors.FindIndex(error => error.Where == where) < i) continue;
            if (i > 0) output.Raw(","u8);
            output.Text(where).Raw(":"u8).Text(_errors[i].Message);
        }

        output.Raw("}"u8);
    }

    /// <summary>The trace that the caller is in, else this request's own number.</summary>
    private static string TraceId(HttpContext http) =>
        ActivityContext.TryParse(http.Request.Headers.TraceParent, null, out ActivityContext trace)
            ? trace.TraceId.ToHexString()
            : http.TraceIdentifier;
}
