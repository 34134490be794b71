using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a service's spec before it is stored (section 22.2); the first broken rule is named.</summary>
public static class ServiceSpecValidator
{
    private const int MaxPort = 65535;

    /// <summary>Checks everything that can be told from the spec alone.</summary>
    /// <exception cref="UseCaseException">A field breaks a rule.</exception>
    public static void Validate(ServiceSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a service spec must be given");
        }

        Names.Validate(spec.Annotations);
        TaskSpecValidator.Validate(spec.Task, spec.Annotations);
        ValidateMode(spec);
        ValidateUpdates(spec);
        ValidateEndpoint(spec.Endpoint);
        ValidateRebalance(spec);
    }

    internal static void NotNegative(Duration? duration, string field)
    {
        if (duration is { } value && (value.Seconds < 0 || value.Nanos < 0))
        {
            throw UseCaseException.Invalid($"{field} cannot be negative");
        }
    }

    // Clients whose numbers have a sign send negative ones as very large ones (API-11).
    private static void ValidateMode(ServiceSpec spec)
    {
        var broken = spec.ModeCase switch
        {
            ServiceSpec.ModeOneofCase.Replicated => spec.Replicated.Replicas > long.MaxValue ? "Number of replicas must be non-negative" : null,
            ServiceSpec.ModeOneofCase.ReplicatedJob when spec.ReplicatedJob.MaxConcurrent > long.MaxValue => "Maximum concurrent jobs must not be negative",
            ServiceSpec.ModeOneofCase.ReplicatedJob when spec.ReplicatedJob.TotalCompletions > long.MaxValue => "Total completed jobs must not be negative",
            ServiceSpec.ModeOneofCase.None => "Unrecognized service mode",
            _ => null,
        };
        if (broken is not null)
        {
            throw UseCaseException.Invalid($"mode: {broken}");
        }
    }

    private static void ValidateUpdates(ServiceSpec spec)
    {
        if (spec.ModeCase is ServiceSpec.ModeOneofCase.ReplicatedJob or ServiceSpec.ModeOneofCase.GlobalJob)
        {
            if (spec.Update is not null)
            {
                throw UseCaseException.Invalid("update: Jobs may not have an update config");
            }

            return;
        }

        ValidateUpdate(spec.Update, "update");
        ValidateUpdate(spec.Rollback, "rollback");
    }

    private static void ValidateUpdate(UpdateConfig? update, string which)
    {
        NotNegative(update?.Delay, $"{which}: delay");
        NotNegative(update?.Monitor, $"{which}: monitor");
        NotNegative(update?.ProgressDeadline, $"{which}: progress deadline");
        if (update is not null && update.MaxFailureRatio is < 0 or > 1 or float.NaN)
        {
            throw UseCaseException.Invalid($"{which}: max failure ratio must be between 0 and 1");
        }
    }

    private static void ValidateRebalance(ServiceSpec spec)
    {
        if (spec.Rebalance is null)
        {
            return;
        }

        NotNegative(spec.Rebalance.CoolDown, "rebalance: cool-down");
        if (spec.ModeCase != ServiceSpec.ModeOneofCase.Replicated)
        {
            throw UseCaseException.Invalid("rebalance: only replicated services are spread");
        }

        if (spec.Task.Placement?.Strategy == Placement.Types.Strategy.Binpack)
        {
            throw UseCaseException.Invalid("rebalance: a service with strategy binpack is packed, not spread");
        }
    }

    private static void ValidateEndpoint(EndpointSpec? endpoint)
    {
        var published = new HashSet<(uint, PortConfig.Types.Protocol)>();
        foreach (var port in endpoint?.Ports ?? [])
        {
            if (port.TargetPort is 0 or > MaxPort)
            {
                throw UseCaseException.Invalid($"endpoint: target port {port.TargetPort} must be between 1 and {MaxPort}");
            }

            if (port.PublishedPort > MaxPort)
            {
                throw UseCaseException.Invalid($"endpoint: published port {port.PublishedPort} must be between 1 and {MaxPort}, or 0 to have one chosen");
            }

            if (!System.Enum.IsDefined(port.Protocol) || !System.Enum.IsDefined(port.PublishMode))
            {
                throw UseCaseException.Invalid($"endpoint: protocol or publish mode of port {port.TargetPort} is not known");
            }

            if (port.PublishMode == PortConfig.Types.PublishMode.Ingress && endpoint!.Mode == EndpointSpec.Types.ResolutionMode.Dnsrr)
            {
                throw UseCaseException.Invalid("endpoint: port published with ingress mode can't be used with dnsrr mode");
            }

            if (port.PublishedPort != 0 && !published.Add((port.PublishedPort, port.Protocol)))
            {
                throw UseCaseException.Invalid($"endpoint: duplicate published port {port.PublishedPort} provided");
            }
        }
    }
}
