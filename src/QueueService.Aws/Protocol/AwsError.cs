namespace QueueService.Aws.Protocol;

/// <summary>One row of a service's error table.</summary>
/// <param name="Type">The shape, in `__type` of a JSON answer.</param>
/// <param name="Code">What SDKs show: in the XML, in x-amzn-query-error and for entries of a batch.</param>
/// <param name="Status">Of the HTTP answer.</param>
internal sealed record ErrorKind(string Type, string Code, int Status)
{
    public const string Modelled = "com.amazonaws.sqs";

    public const string Unmodelled = "com.amazon.coral.service";

    /// <summary>In front of the type.</summary>
    public string Namespace { get; init; } = Modelled;

    public bool IsSender => Status < 500;

    public AwsError With(string message) => new(this, message);

    /// <summary>A type that the service's model does not have.</summary>
    public static ErrorKind Coral(string type, string code, int status) =>
        new(type, code, status) { Namespace = Unmodelled };
}

/// <summary>Why a request, or an entry of a batch, is refused.</summary>
internal sealed record AwsError(ErrorKind Kind, string Message)
{
    /// <summary>Where the query protocol says it in other words.</summary>
    public string? QueryMessage { get; init; }

    /// <summary>The answer is this XML alone, also to who asks for JSON: how AWS says that nothing is here.</summary>
    public string? BareXml { get; init; }
}

/// <summary>An answer, or why there is none.</summary>
internal readonly struct Reply<T>
    where T : class
{
    public T? Value { get; private init; }

    public AwsError? Error { get; private init; }

    public static implicit operator Reply<T>(T value) => new() { Value = value };

    public static implicit operator Reply<T>(AwsError error) => new() { Error = error };
}

/// <summary>The answer of an action that has nothing to say.</summary>
internal sealed record Nothing
{
    public static readonly Nothing Said = new();
}
