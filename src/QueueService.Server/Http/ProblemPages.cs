using System.Text;

namespace QueueService.Server.Http;

/// <summary>The page behind each problem's `type`.</summary>
internal static class ProblemPages
{
    public const string Example = """
        {"code":"receipt-expired","status":410,"title":"The lease behind this receipt has ended","retriable":false,
        "effect":"Nothing was changed.","remedy":"Receive the message again."}
        """;

    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1c2733}" +
        "dt{font-weight:600;margin-top:1rem}dd{margin:0}code{background:#eef2f6;padding:.1em .3em;border-radius:3px}" +
        "@media(prefers-color-scheme:dark){body{background:#12181f;color:#dde5ec}code{background:#233040}}";

    public static Task Write(HttpContext http)
    {
        if (!ProblemKind.ByCode.TryGetValue(http.PathValue("code"), out ProblemKind? kind))
            return new Problem(ProblemKind.RouteNotFound, "There is no problem of this code.").Write(http);
        http.Response.Headers.Vary = "Accept";
        JsonOutput output = JsonOutput.Rent();
        if (WantsJson(http.Request.Headers.Accept.ToString()))
        {
            WriteJson(output, kind);
            return http.Answer(200, Answers.Json, output);
        }

        output.Raw(Encoding.UTF8.GetBytes(Html(kind)));
        return http.Answer(200, "text/html; charset=utf-8", output);
    }

    private static bool WantsJson(string accept) =>
        accept.Contains("json", StringComparison.OrdinalIgnoreCase) &&
        !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static void WriteJson(JsonOutput output, ProblemKind kind) => output
        .Raw("{\"code\":"u8).Text(kind.Code)
        .Raw(",\"status\":"u8).Number(kind.Status)
        .Raw(",\"title\":"u8).Text(kind.Title)
        .Raw(kind.Retriable ? ",\"retriable\":true"u8 : ",\"retriable\":false"u8)
        .Raw(",\"effect\":"u8).Text(kind.Effect)
        .Raw(",\"remedy\":"u8).Text(kind.Remedy)
        .Raw("}"u8);

    /// <summary>Every text is our own and has no character that HTML would read otherwise, but for quotes.</summary>
    private static string Html(ProblemKind kind) => $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{kind.Title}</title>
        <style>{Style}</style></head>
        <body>
        <h1>{kind.Title}</h1>
        <p><code>{kind.Code}</code>, status {kind.Status}</p>
        <dl>
        <dt>What happened to the request</dt><dd>{kind.Effect}</dd>
        <dt>Does trying again help?</dt><dd>{(kind.Retriable ? "Yes: the same request may succeed later." : "No.")}</dd>
        <dt>What to do</dt><dd>{System.Net.WebUtility.HtmlEncode(kind.Remedy)}</dd>
        </dl>
        </body>
        </html>
        """;
}
