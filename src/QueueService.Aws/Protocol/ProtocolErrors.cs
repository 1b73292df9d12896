using QueueService.Http;

namespace QueueService.Aws.Protocol;

/// <summary>Errors that every service has: of the layers in front of the actions.</summary>
internal static class ProtocolErrors
{
    public static readonly ErrorKind InvalidAction = ErrorKind.Coral("InvalidAction", "InvalidAction", 400);

    public static readonly ErrorKind UnknownOperation =
        ErrorKind.Coral("UnknownOperationException", "UnknownOperationException", 404);

    public static readonly ErrorKind Serialization =
        ErrorKind.Coral("SerializationException", "MalformedInput", 400);

    public static readonly ErrorKind MissingParameter =
        ErrorKind.Coral("MissingRequiredParameterException", "MissingParameter", 400);

    public static readonly ErrorKind InvalidParameterValue =
        ErrorKind.Coral("InvalidParameterValueException", "InvalidParameterValue", 400);

    public static readonly ErrorKind RequestEntityTooLarge =
        ErrorKind.Coral("RequestEntityTooLargeException", "RequestEntityTooLarge", 413);

    public static readonly ErrorKind UnsupportedMediaType =
        ErrorKind.Coral("UnsupportedMediaTypeException", "UnsupportedMediaType", 415);

    /// <summary>The body did not come in time.</summary>
    public static readonly ErrorKind RequestTimeout =
        ErrorKind.Coral("RequestTimeoutException", "RequestTimeout", 408);

    public static readonly ErrorKind AccessDenied = ErrorKind.Coral("AccessDeniedException", "AccessDenied", 403);

    public static readonly ErrorKind ServiceUnavailable =
        ErrorKind.Coral("ServiceUnavailableException", "ServiceUnavailable", 503);

    public static readonly ErrorKind InternalFailure = ErrorKind.Coral("InternalFailure", "InternalFailure", 500);

    public static readonly AwsError TooLarge = RequestEntityTooLarge.With("The request is larger than 16 MiB.");

    /// <summary>Why a body is refused; null when it is not.</summary>
    public static AwsError? Of(BodyError? error) => error switch
    {
        null => null,
        BodyError.Encoded =>
            UnsupportedMediaType.With("Request bodies are taken as they are: leave Content-Encoding out."),
        BodyError.AmbiguousLength => Serialization.With(
            "The length of the body is given twice, or in a way that HTTP/1.0 does not know."),
        BodyError.TooLarge => TooLarge,
        _ => ServiceUnavailable.With("Too many request bodies are in memory. Try again."),
    };

    public static AwsError Missing(string parameter) =>
        MissingParameter.With($"The request must contain the parameter {parameter}.");

    /// <summary>AWS's sentence about one value.</summary>
    public static AwsError Invalid(string parameter, object? value, string reason) =>
        InvalidParameterValue.With($"Value {value} for parameter {parameter} is invalid. Reason: {reason}");

    public static AwsError? CheckRange(string parameter, int? value, int min, int max, string reason) =>
        value < min || value > max ? Invalid(parameter, value, reason) : null;

    /// <summary>There is nothing that could be done at this address.</summary>
    public static readonly AwsError NoOperation =
        UnknownOperation.With("") with { BareXml = "<UnknownOperationException/>\n" };
}
