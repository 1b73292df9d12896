using QueueService.Server.Http;

namespace QueueService.Server.Jobs;

/// <summary>A job as JSON.</summary>
internal static class JobJson
{
    public const string Example = """
        {"name":"retention","description":"Ends messages that are older than their queue keeps them.",
        "intervalSeconds":1,"running":false,"paused":false,"lastRunAt":"2026-11-21T10:00:00.000Z",
        "lastDurationMilliseconds":2,"lastResult":{"succeeded":true,"message":"0 messages expired."},
        "nextRunAt":"2026-11-21T10:00:01.000Z"}
        """;

    public static Task Answer(HttpContext http, int status, JobState state)
    {
        JsonOutput output = JsonOutput.Rent();
        Write(output, state);
        return http.Answer(status, Answers.Json, output);
    }

    public static void Write(JsonOutput output, JobState state)
    {
        output.Raw("{\"name\":"u8).Text(state.Job.Name)
            .Raw(",\"description\":"u8).Text(state.Job.Description)
            .Raw(",\"intervalSeconds\":"u8).Number((long)state.Job.Interval.TotalSeconds)
            .Raw(state.Running ? ",\"running\":true"u8 : ",\"running\":false"u8)
            .Raw(state.Paused ? ",\"paused\":true"u8 : ",\"paused\":false"u8);
        if (state.LastRunAt is { } last) output.Raw(",\"lastRunAt\":"u8).Instant(last);
        if (state.LastSucceeded is { } succeeded)
        {
            output.Raw(",\"lastDurationMilliseconds\":"u8).Number(state.LastDurationMilliseconds)
                .Raw(succeeded ? ",\"lastResult\":{\"succeeded\":true"u8 : ",\"lastResult\":{\"succeeded\":false"u8)
                .Raw(",\"message\":"u8).Text(state.LastResult).Raw("}"u8);
        }

        if (state.NextRunAt is { } next) output.Raw(",\"nextRunAt\":"u8).Instant(next);
        output.Raw("}"u8);
    }
}
