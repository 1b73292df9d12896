using Microsoft.AspNetCore.Http;
using QueueService.Aws.Auth;
using QueueService.Broker;

namespace QueueService.Aws.Protocol;

/// <summary>One request on its way through the layers.</summary>
internal sealed class AwsCall(AwsHost host, HttpContext http, AwsService service, AwsAction action)
{
    public AwsHost Host => host;

    public HttpContext Http => http;

    public AwsService Service => service;

    public AwsAction Action => action;

    public MessageBroker Broker => host.Broker;

    public AwsOptions Options => host.Options;

    /// <summary>It came in the query protocol, and its answer goes out as XML.</summary>
    public bool IsQuery { get; init; }

    /// <summary>As X-Amzn-RequestId and in the XML.</summary>
    public string RequestId { get; } = RequestIds.Next();

    /// <summary>Known once the request is authenticated.</summary>
    public Caller Caller { get; set; } = null!;

    /// <summary>A signature says who the caller is; nobody's is looked at before there is a key.</summary>
    public bool IsSigned => !host.Gate.IsOpen && !Caller.IsAnonymous;

    /// <summary>The queue that the request is about, once it is parsed; default when it is about none.</summary>
    public QueueAddress Queue { get; set; }

    /// <summary>The typed request, until it runs.</summary>
    public object? Input { get; set; }

    /// <summary>The typed answer.</summary>
    public object? Output { get; set; }
}
