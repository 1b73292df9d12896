using Microsoft.OpenApi;
using QueueService.Server.Deliveries;
using QueueService.Server.Topics;
using QueueService.Server.Topics.Targets;
using QueueService.Server.Webhooks;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of webhooks and of what is delivered to them.</summary>
internal static class DeliverySchemas
{
    private const string IdPattern = "^[A-Za-z0-9_-]{16}$";

    public static void AddTo(SchemaSet set)
    {
        AddDeliveries(set);
        AddAttempts(set);
        AddRequests(set);
    }

    /// <summary>Fields of a target, beside its type.</summary>
    public static IEnumerable<(string Name, IOpenApiSchema Schema)> TargetFields(SchemaSet set)
    {
        set.Add("DeliveryFormat", Choice(
            "What a delivery looks like. More values may come.",
            "raw", "envelope", "cloudEventsBinary", "cloudEventsStructured"));
        set.Add("Challenge", Choice(
            "How an endpoint is asked whether it wants deliveries. More values may come.",
            WebhookTargetJson.Challenges));
        set.Add("AuthorizationType", Choice("The scheme. More values may come.", WebhookPartsJson.Schemes));
        set.Add("WebhookAuthorization", Closed(Object(
            "The Authorization header of deliveries. Only its type is shown.",
            ("type", set.Ref("AuthorizationType")),
            ("username?", Text("With `basic`.")),
            ("password?", Text("With `basic`.")),
            ("token?", Text("With `bearer`.")))));
        set.Add("SecretHint", Object(
            "A key that signs deliveries.",
            ("hint", Text("How it ends.")),
            ("expiresAt?", Instant("It signs until then; absent for the newest."))));
        return
        [
            ("url?", Text("With `webhook`: where messages are posted to, http or https.")),
            (
                "secret?", Text(
                    "With `webhook`: the signing secret, `whsec_` and the base64 of 24 to 64 bytes. Generated " +
                "when none is given; shown by the answer that creates the subscription, and never again.")),
            (
                "secrets?", List(
                    "Only shown, of a `webhook`: the keys that sign, the newest first.", set.Ref("SecretHint"),
                max: WebhookLimits.SigningKeys)),
            ("headers?", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With `webhook`: headers that every delivery has; at most 32 and 8 KiB.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
            }),
            ("authorization?", set.Ref("WebhookAuthorization")),
            ("maxConcurrency?", Integer(
                "With `webhook`: attempts at once. Default: 8.", 1, WebhookTargetJson.MaxConcurrency)),
            ("ratePerSecond?", Integer(
                "With `webhook`: no more attempts begin within any second. Default: no limit.", 1,
                WebhookTargetJson.MaxRatePerSecond)),
            ("maxAttempts?", Integer(
                "With `webhook`: attempts of a delivery. Default: 11.", 1, RetrySchedule.MaxAttemptsLimit)),
            ("challenge?", set.Ref("Challenge")),
        ];
    }

    /// <summary>Fields of the counts of a subscription that only webhooks have.</summary>
    public static IEnumerable<(string Name, IOpenApiSchema Schema)> StatsFields(SchemaSet set)
    {
        set.Add("CircuitState", Choice(
            "Whether deliveries to a host go on. More values may come.", SubscriptionJson.Circuits));
        set.Add("LatencyPercentiles", Object(
            "Milliseconds.", ("p50", Number("Half were faster.")), ("p95", Number("95 of 100 were faster.")),
            ("p99", Number("99 of 100 were faster."))));
        return
        [
            ("abandonedTotal?", Integer("Webhooks: messages that were given up after the last attempt.", 0)),
            (
                "disabledReason?", Text(
                    "Webhooks: why nothing is delivered until the subscription is resumed: `gone` (the " +
                "endpoint answered 410) or `failing` (for five days).")),
            ("failingSince?", Instant("Webhooks: since when every attempt has failed.")),
            ("circuit?", set.Ref("CircuitState")),
            ("inFlight?", Integer("Webhooks: attempts that are being made.", 0, int.MaxValue)),
            ("successRate?", Number(
                "Webhooks: 0 to 1, of the attempts since the server started; absent before the first.")),
            ("latencyMilliseconds?", set.Ref("LatencyPercentiles")),
        ];
    }

    private static void AddDeliveries(SchemaSet set)
    {
        set.Add("DeliveryStatus", Choice("Where a delivery is. More values may come.", Delivery.Statuses));
        set.Add("Delivery", Object(
            "The delivery of a message to a webhook.",
            ("id", Text("Names the delivery.", IdPattern)),
            ("subscription", Text("The subscription.")),
            ("topic", Text("The topic.")),
            ("messageId", Text("The message; the `webhook-id` of each attempt.")),
            ("status", set.Ref("DeliveryStatus")),
            ("attempts", Integer("How many attempts were made since it began, or began anew.", 0, int.MaxValue)),
            ("lastAttemptAt?", Instant("When the last one began.")),
            ("nextAttemptAt?", Instant("When the next one is due; absent while nothing but its turn is waited for.")),
            ("lastStatusCode?", Integer("What the endpoint answered last.", 100, 999)),
            ("error?", Text("What went wrong last."))));
        set.Add("DeliveryPage", QueueSchemas.Page("A page of deliveries.", set.Ref("Delivery")));
    }

    private static void AddAttempts(SchemaSet set)
    {
        set.Add("AttemptOutcome", Choice("How an attempt ended. More values may come.", AttemptJson.Outcomes));
        set.Add("AttemptResult", Choice("What an attempt led to. More values may come.", AttemptJson.Results));
        set.Add("HeaderField", Object(
            "A header.", ("name", Text("Its name.")), ("value", Text("`***` when it is secret."))));
        set.Add("TestAttempt", Object("An attempt that is not kept.", AttemptFields(set)));
        set.Add("Attempt", Object("An attempt to deliver a message.",
        [
            ("deliveryId", Text("The delivery.", IdPattern)),
            ("number", Integer("1 for the first of the delivery.", 1, int.MaxValue)),
            ("result", set.Ref("AttemptResult")),
            .. AttemptFields(set),
        ]));
        set.Add("AttemptPage", QueueSchemas.Page("A page of attempts.", set.Ref("Attempt")));
    }

    private static IEnumerable<(string Name, IOpenApiSchema Schema)> AttemptFields(SchemaSet set) =>
    [
        ("messageId", Text("The message.")),
        ("startedAt", Instant("When it began.")),
        ("method", Text("The method of the request.")),
        ("url", Text("Its address.")),
        ("requestHeaders", List("As they were sent.", set.Ref("HeaderField"))),
        ("requestBodyBytes", Integer("The length of its body.", 0, int.MaxValue)),
        ("requestBody?", Text("The first 4 KiB of it, when they are UTF-8.")),
        ("requestBodyBase64?", Text("The first 4 KiB of it, else.")),
        ("outcome", set.Ref("AttemptOutcome")),
        ("detail?", Text("What went wrong.")),
        ("status?", Integer("What the endpoint answered.", 100, 999)),
        ("responseHeaders", List("At most 64, each value up to 1,024 characters.", set.Ref("HeaderField"))),
        ("responseBody?", Text("The first 4 KiB of it, when they are UTF-8.")),
        ("responseBodyBase64?", Text("The first 4 KiB of it, else.")),
        ("isResponseCut", Flag("The answer had more, or broke off.")),
        ("addresses", List("What the name resolved to when the connection was opened.", Text("An IP address."))),
        ("connectedTo?", Text("The address and the port of the connection.")),
        ("isConnectionReused", Flag("An earlier attempt had opened it.")),
        ("dnsMilliseconds?", Number("To find the addresses; absent when the connection was there.")),
        ("connectMilliseconds?", Number("To open the connection.")),
        ("tlsMilliseconds?", Number("To agree on TLS.")),
        ("firstByteMilliseconds?", Number("From the start to the first byte of the answer.")),
        ("totalMilliseconds", Number("From the start to the end.")),
        ("nextAttemptAt?", Instant("When the next one is due.")),
    ];

    private static void AddRequests(SchemaSet set)
    {
        set.Add("SecretRotation", Closed(Object(
            "A new signing secret.",
            ("secret?", Text("`whsec_` and the base64 of 24 to 64 bytes; generated when it is not given.")),
            ("overlapSeconds?", Integer(
                "How long the former ones sign, too. Default: 86,400.", 0, RotateSecret.MaxOverlapSeconds)))));
        set.Add("RotatedSecret", Object(
            "The new signing secret, shown once.",
            ("secret", Text("It signs from now on.")),
            ("secrets", List(
                "All that sign now, the newest first.", set.Ref("SecretHint"), max: WebhookLimits.SigningKeys))));
        set.Add("TestRequest", Closed(Object(
            "What is sent.",
            ("body?", Text("Default: `{\"test\":true}`.")),
            ("contentType?", Text("Default: `application/json`.")))));
        set.Add("RetryStatus", Choice("Which deliveries. More values may come.", RetryDeliveries.Statuses));
        set.Add("RetryRequest", Closed(Object(
            "Which deliveries are attempted again.",
            ("status?", set.Ref("RetryStatus")),
            ("since?", Instant("Attempted last then or later.")),
            ("until?", Instant("Attempted last before.")))));
        set.Add("Redelivery", Object(
            "What is attempted again.", ("deliveries", Integer("How many.", 0, int.MaxValue))));
        set.Add("ReplayRequest", Closed(Object(
            "Which messages are delivered again; either `since` or `cursor`.",
            ("since?", Instant("Published then or later.")),
            ("until?", Instant("Published before. Default: now.")),
            ("status?", set.Ref("DeliveryStatus")),
            ("cursor?", Text("Where an earlier call ended.")))));
        set.Add("Replay", Object(
            "What is delivered again.",
            ("deliveries", Integer("How many messages.", 0, int.MaxValue)),
            ("examined", Integer("How many were looked at.", 0, int.MaxValue)),
            ("nextCursor?", Text("Where to go on; absent at the end."))));
    }

    private static OpenApiSchema Number(string description) => new()
    {
        Type = JsonSchemaType.Number, Format = "double", Description = description,
    };
}
