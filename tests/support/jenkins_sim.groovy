/*
 * Executes a declarative Jenkinsfile on the real Groovy compiler. A simulator, not Jenkins: it knows the sections and steps
 * that our own Jenkinsfile and shared library use, does what their documentation says, and refuses everything else loudly.
 *
 * What is real: Groovy, shell scripts, git checkouts, a workspace for each agent (so that files travel only by stash), time
 * limits, credentials. What is not: CPS and its sandbox, plugins, distribution, the user interface.
 *
 *   --jenkinsfile FILE --scm REPOSITORY --folder DIR [--agent LABEL]... [--cred ID=VALUE]... [--param NAME=VALUE]...
 *   [--env NAME=VALUE]... [--library NAME=DIR]...
 *
 * A credential with a `:` in its value serves usernamePassword too. Prints one JSON event a line. Exits 0 for SUCCESS, 1 for
 * UNSTABLE, FAILURE or ABORTED, 2 for a file that Jenkins would refuse before it starts.
 */

import groovy.json.JsonOutput
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.util.concurrent.TimeUnit
import org.codehaus.groovy.control.CompilationFailedException
import org.codehaus.groovy.control.CompilerConfiguration

/** A step failed: the stage fails unless something catches it. */
class StepFailure extends RuntimeException {
  StepFailure(String message) { super(message) }
}

/** A time limit or an abort: caught by catchError unless it is told otherwise. */
class Interruption extends StepFailure {
  Interruption(String message) { super(message) }
}

/** Jenkins would refuse the file. */
class InvalidPipeline extends RuntimeException {
  InvalidPipeline(String message) { super(message) }
}

/** Environment variables by property; an unknown one is null, as in Jenkins. */
class EnvironmentVariables {
  Map<String, String> values = [:]
  List<Map> overlays = []
  Object propertyMissing(String name) { all()[name] }
  void propertyMissing(String name, Object value) { values[name] = value as String }
  Map all() { overlays.inject(new LinkedHashMap(values)) { sum, overlay -> sum + overlay } }
}

class Simulator {
  static final List RANK = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'ABORTED']

  Map params = [:], credentials = [:], libraries = [:], stashes = [:]
  EnvironmentVariables env = new EnvironmentVariables()
  List agents = []
  List<Long> deadlines = []
  Map<String, String> secrets = [:]
  File scm, folder, workspace
  String result = 'SUCCESS', stageResult = 'SUCCESS'
  boolean skipCheckout = false, inSteps = false
  Map globals = [:]

  void event(Map fields) {
    def hide = { value -> value instanceof String ? secrets.values().inject(value) { text, secret -> text.replace(secret, '****') } : value }
    println JsonOutput.toJson(fields.collectEntries { name, value -> [(name): hide(value)] })
  }

  static String worse(String one, String other) { RANK[Math.max(RANK.indexOf(one), RANK.indexOf(other))] }

  Object run(Closure body, Object delegate) {
    Closure own = body.clone() as Closure
    own.delegate = delegate
    own.resolveStrategy = Closure.DELEGATE_FIRST
    own()
  }

  Object runSteps(Closure body) {
    inSteps = true
    try { run(body, new Steps(sim: this)) } finally { inSteps = false }
  }

  void onAgent(Object label, Closure body) {
    if (label == 'none') { body(); return }
    String name = label == 'any' ? agents[0] : label
    if (!(name in agents)) { throw new StepFailure("there is no agent with the label '${name}'") }
    File before = workspace
    workspace = new File(folder, "${name}/workspace")
    workspace.mkdirs()
    File temporary = new File(folder, "${name}/workspace@tmp")
    temporary.mkdirs()
    env.overlays << [NODE_NAME: name, WORKSPACE: workspace.path, WORKSPACE_TMP: temporary.path]
    event(agent: name)
    try {
      if (!skipCheckout) { checkout() }
      body()
    } finally {
      env.overlays.removeLast()
      workspace = before
    }
  }

  void checkout() {
    List command = new File(workspace, '.git').exists() ? ['git', 'fetch', '-q', '--tags', 'origin'] : ['git', 'clone', '-q', scm.path, '.']
    assert new ProcessBuilder(command).directory(workspace).inheritIO().start().waitFor() == 0
    assert new ProcessBuilder(['git', 'checkout', '-q', '--detach', 'origin/HEAD']).directory(workspace).inheritIO().start().waitFor() == 0
  }

  /** Files of the workspace that match an Ant pattern list. */
  List<Path> matching(String includes) {
    Path root = workspace.toPath()
    List matchers = includes.split(/\s*,\s*/).collect { FileSystems.default.getPathMatcher('glob:' + it) }
    Files.walk(root).withCloseable { paths ->
      paths.filter { Files.isRegularFile(it) }.filter { path -> matchers.any { it.matches(root.relativize(path)) } }.sorted().toList()
    }
  }
}

/** Everything that may stand in `steps`. */
class Steps {
  Simulator sim

  Object getEnv() { sim.env }
  Object getParams() { sim.params }
  Object getScm() { 'scm' }
  Object propertyMissing(String name) {
    Map known = sim.env.all()
    if (known.containsKey(name)) { return known[name] }
    throw new MissingPropertyException(name, Steps)
  }

  private static void only(String step, Map arguments, List allowed) {
    List unknown = arguments.keySet().findAll { !(it in allowed) } as List
    if (unknown) { throw new StepFailure("the step ${step} has no parameter ${unknown.join(', ')}") }
  }

  private void needAgent(String step) {
    if (!sim.workspace) { throw new StepFailure("the step ${step} needs an agent") }
  }

  Object sh(Object script) { sh(script: script) }

  Object sh(Map arguments) {
    only('sh', arguments, ['script', 'label', 'returnStdout', 'returnStatus', 'encoding'])
    needAgent('sh')
    File output = File.createTempFile('step', '.log')
    ProcessBuilder builder = new ProcessBuilder('/bin/sh', '-e', '-c', arguments.script as String).directory(sim.workspace)
    if (arguments.returnStdout) { builder.redirectError(ProcessBuilder.Redirect.INHERIT) } else { builder.redirectErrorStream(true) }
    builder.redirectOutput(output).redirectInput(ProcessBuilder.Redirect.from(new File('/dev/null')))
    sim.env.all().each { name, value -> builder.environment().put(name as String, value as String) }
    Process process = builder.start()
    Long deadline = sim.deadlines.min()
    boolean ended = true
    if (deadline) { ended = process.waitFor(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS) } else { process.waitFor() }
    if (!ended) {
      process.descendants().each { it.destroyForcibly() }
      process.destroyForcibly().waitFor()
    }
    String text = output.text
    output.delete()
    sim.event(step: 'sh', label: arguments.label, script: arguments.script as String, code: ended ? process.exitValue() : null, output: text)
    if (!ended) { throw new Interruption('Timeout has been exceeded') }
    if (arguments.returnStatus) { return process.exitValue() }
    if (process.exitValue() != 0) { throw new StepFailure("script returned exit code ${process.exitValue()}") }
    arguments.returnStdout ? text : null
  }

  void echo(Object message) { sim.event(step: 'echo', message: message as String) }
  void error(Object message) { throw new StepFailure(message as String) }
  Object script(Closure body) { sim.run(body, this) }
  void checkout(Object what) { needAgent('checkout'); sim.checkout() }

  Object withEnv(List pairs, Closure body) { overlaid(pairs.collectEntries { (it as String).split('=', 2) as List }, body) }

  private Object overlaid(Map variables, Closure body) {
    sim.env.overlays << variables
    try { sim.run(body, this) } finally { sim.env.overlays.removeLast() }
  }

  Map string(Map arguments) { only('string', arguments, ['credentialsId', 'variable']); arguments }
  Map usernamePassword(Map arguments) {
    only('usernamePassword', arguments, ['credentialsId', 'usernameVariable', 'passwordVariable']); arguments
  }

  Object withCredentials(List bindings, Closure body) {
    Map variables = [:]
    bindings.each { binding ->
      String value = sim.credentials[binding.credentialsId]
      if (value == null) { throw new StepFailure("Could not find credentials entry with ID '${binding.credentialsId}'") }
      if (binding.variable) {
        variables[binding.variable] = value
        sim.secrets[binding.variable] = value
      } else {
        List both = value.split(':', 2)
        variables[binding.usernameVariable] = both[0]
        variables[binding.passwordVariable] = both[1]
        sim.secrets[binding.passwordVariable] = both[1]
      }
    }
    sim.event(step: 'withCredentials', ids: bindings*.credentialsId)
    overlaid(variables, body)
  }

  Object timeout(Map arguments, Closure body) {
    only('timeout', arguments, ['time', 'unit', 'activity'])
    sim.deadlines << System.nanoTime() + TimeUnit.valueOf((arguments.unit ?: 'MINUTES') as String).toNanos(arguments.time as long)
    try { sim.run(body, this) } finally { sim.deadlines.removeLast() }
  }

  Object lock(Object resource, Closure body) { lock([resource: resource], body) }

  Object lock(Map arguments, Closure body) {
    only('lock', arguments, ['resource', 'label', 'quantity', 'inversePrecedence', 'skipIfLocked', 'variable'])
    sim.event(step: 'lock', resource: (arguments.resource ?: arguments.label) as String)
    sim.run(body, this)
  }

  void catchError(Map arguments = [:], Closure body) {
    only('catchError', arguments, ['buildResult', 'stageResult', 'message', 'catchInterruptions'])
    [arguments.buildResult, arguments.stageResult].findAll().each {
      if (!(it in Simulator.RANK)) { throw new StepFailure("catchError does not know the result ${it}") }
    }
    try {
      sim.run(body, this)
    } catch (StepFailure failure) {
      if (failure instanceof Interruption && arguments.catchInterruptions == false) { throw failure }
      sim.result = Simulator.worse(sim.result, (arguments.buildResult ?: 'FAILURE') as String)
      sim.stageResult = Simulator.worse(sim.stageResult, (arguments.stageResult ?: arguments.buildResult ?: 'FAILURE') as String)
      sim.event(step: 'catchError', message: arguments.message as String, caught: failure.message)
    }
  }

  void stash(Map arguments) {
    only('stash', arguments, ['name', 'includes', 'excludes', 'allowEmpty', 'useDefaultExcludes'])
    needAgent('stash')
    List files = sim.matching(arguments.includes ?: '**')
    if (!files && !arguments.allowEmpty) { throw new StepFailure("No files included in stash '${arguments.name}'") }
    sim.stashes[arguments.name] = files.collectEntries { [(sim.workspace.toPath().relativize(it)): Files.readAllBytes(it)] }
    sim.event(step: 'stash', name: arguments.name, files: sim.stashes[arguments.name].keySet()*.toString())
  }

  void unstash(String name) {
    needAgent('unstash')
    if (!sim.stashes.containsKey(name)) { throw new StepFailure("No such saved stash '${name}'") }
    sim.stashes[name].each { path, bytes ->
      File file = new File(sim.workspace, path.toString())
      file.parentFile.mkdirs()
      file.bytes = bytes
    }
    sim.event(step: 'unstash', name: name)
  }

  void archiveArtifacts(Map arguments) {
    only('archiveArtifacts', arguments, ['artifacts', 'allowEmptyArchive', 'fingerprint', 'onlyIfSuccessful', 'excludes'])
    needAgent('archiveArtifacts')
    List files = sim.matching(arguments.artifacts as String)
    if (!files && !arguments.allowEmptyArchive) { throw new StepFailure("No artifacts found that match ${arguments.artifacts}") }
    files.each { file ->
      Path target = new File(sim.folder, 'archive').toPath().resolve(sim.workspace.toPath().relativize(file))
      Files.createDirectories(target.parent)
      Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING)
    }
    sim.event(step: 'archiveArtifacts', files: files.collect { sim.workspace.toPath().relativize(it).toString() })
  }
}

/** A section of the file. What is unknown in it is refused; from within running steps the search goes on outwards. */
abstract class Section {
  Simulator sim
  Object refuse(String what, String name, Object arguments) {
    if (sim.inSteps) { throw new MissingMethodException(name, this.class, arguments as Object[]) }
    throw new InvalidPipeline("unknown ${what} '${name}'")
  }
}

class WhenBlock extends Section {
  boolean beforeAgentFlag = false
  List<Boolean> answers = []
  void beforeAgent(boolean flag) { beforeAgentFlag = flag }
  void environment(Map wanted) { answers << (sim.env.all()[wanted.name] == wanted.value) }
  void expression(Closure body) { answers << (sim.runSteps(body) as boolean) }
  void branch(String name) { answers << (sim.env.all().BRANCH_NAME == name) }
  void not(Closure body) { WhenBlock inner = new WhenBlock(sim: sim); sim.run(body, inner); answers << !inner.holds() }
  void anyOf(Closure body) { WhenBlock inner = new WhenBlock(sim: sim); sim.run(body, inner); answers << inner.answers.any() }
  boolean holds() { answers.every() }
  Object methodMissing(String name, Object arguments) { refuse('condition of when', name, arguments) }
}

class PostBlock extends Section {
  static final List CONDITIONS = ['always', 'success', 'unstable', 'failure', 'aborted', 'unsuccessful', 'cleanup']
  Map<String, Closure> bodies = [:]
  Object methodMissing(String name, Object arguments) {
    if (!(name in CONDITIONS)) { refuse('condition of post', name, arguments) }
    bodies[name] = arguments[0]
  }
  void run(String result) {
    List due = ['always'] + (result == 'SUCCESS' ? [] : ['unsuccessful']) + [result.toLowerCase(), 'cleanup']
    due.each { if (bodies[it]) { sim.runSteps(bodies[it]) } }
  }
}

class OptionsBlock extends Section {
  Object timeout(Map arguments) { TimeUnit.valueOf(arguments.unit as String).toNanos(arguments.time as long); null }
  Object timestamps() { null }
  Object disableConcurrentBuilds(Map arguments = [:]) { null }
  Object skipDefaultCheckout(boolean flag = true) { sim.skipCheckout = flag }
  Object buildDiscarder(Object strategy) { null }
  Object logRotator(Map arguments) {
    arguments.keySet().each { if (!(it in ['numToKeepStr', 'artifactNumToKeepStr', 'daysToKeepStr', 'artifactDaysToKeepStr'])) { throw new InvalidPipeline("logRotator has no ${it}") } }
    arguments
  }
  Object methodMissing(String name, Object arguments) { refuse('option', name, arguments) }
}

class ParametersBlock extends Section {
  void string(Map arguments) { sim.params.putIfAbsent(arguments.name, arguments.defaultValue) }
  void booleanParam(Map arguments) { sim.params.putIfAbsent(arguments.name, arguments.defaultValue) }
  void choice(Map arguments) { sim.params.putIfAbsent(arguments.name, arguments.choices[0]) }
  Object methodMissing(String name, Object arguments) { refuse('parameter type', name, arguments) }
}

class EnvironmentBlock {
  Simulator sim
  Object getParams() { sim.params }
  void setProperty(String name, Object value) { sim.env.values[name] = value as String }
  Object propertyMissing(String name) { sim.env.all()[name] }
}

class AgentBlock extends Section {
  String wanted
  void label(Object name) { wanted = name as String }
  Object methodMissing(String name, Object arguments) { refuse('agent type', name, arguments) }
}

class StageBlock extends Section {
  String name
  Object label = 'none'
  Closure stepsBody, whenBody, postBody
  Object getAny() { 'any' }
  Object getNone() { 'none' }
  void agent(Object kind) { label = kind }
  void agent(Closure body) { AgentBlock block = new AgentBlock(sim: sim); sim.run(body, block); label = block.wanted }
  void steps(Closure body) { stepsBody = body }
  void when(Closure body) { whenBody = body }
  void post(Closure body) { postBody = body }
  void options(Closure body) { sim.run(body, new OptionsBlock(sim: sim)) }
  void environment(Closure body) { sim.run(body, new EnvironmentBlock(sim: sim)) }
  Object methodMissing(String section, Object arguments) { refuse("section of stage ${name}", section, arguments) }

  void go() {
    if (!stepsBody) { throw new InvalidPipeline("stage '${name}' has no steps") }
    WhenBlock condition = new WhenBlock(sim: sim)
    if (whenBody) { sim.run(whenBody, condition) }
    if (condition.beforeAgentFlag && !condition.holds()) { sim.event(stage: name, status: 'SKIPPED'); return }
    sim.stageResult = 'SUCCESS'
    try {
      sim.onAgent(label) {
        if (!condition.holds()) { sim.stageResult = 'SKIPPED'; return }
        try {
          sim.runSteps(stepsBody)
        } catch (StepFailure failure) {
          sim.stageResult = failure instanceof Interruption ? 'ABORTED' : 'FAILURE'
          sim.event(stage: name, failed: failure.message)
        }
        if (postBody) { PostBlock block = new PostBlock(sim: sim); sim.run(postBody, block); block.run(sim.stageResult) }
      }
    } catch (StepFailure failure) {
      sim.stageResult = 'FAILURE'
      sim.event(stage: name, failed: failure.message)
    }
    sim.event(stage: name, status: sim.stageResult)
    if (sim.stageResult in ['FAILURE', 'ABORTED']) {
      sim.result = Simulator.worse(sim.result, sim.stageResult)
      throw new StepFailure("stage ${name}")
    }
  }
}

class StagesBlock extends Section {
  List<StageBlock> stages = []
  void stage(String name, Closure body) {
    StageBlock block = new StageBlock(sim: sim, name: name)
    sim.run(body, block)
    stages << block
  }
}

class PipelineBlock extends Section {
  Object label
  Closure stagesBody, postBody
  Object getAny() { 'any' }
  Object getNone() { 'none' }
  void agent(Object kind) { label = kind }
  void agent(Closure body) { AgentBlock block = new AgentBlock(sim: sim); sim.run(body, block); label = block.wanted }
  void options(Closure body) { sim.run(body, new OptionsBlock(sim: sim)) }
  void parameters(Closure body) { sim.run(body, new ParametersBlock(sim: sim)) }
  void environment(Closure body) { sim.run(body, new EnvironmentBlock(sim: sim)) }
  void stages(Closure body) { stagesBody = body }
  void post(Closure body) { postBody = body }
  Object methodMissing(String name, Object arguments) { refuse('section', name, arguments) }
}

/** A Jenkinsfile, or a file of a shared library's vars/: what it does not define itself is a step or a library's step. */
abstract class StepScript extends Script {
  Object methodMissing(String name, Object arguments) {
    Simulator sim = binding.getVariable('simulator')
    Object library = sim.globals[name]
    if (library != null) { return library.invokeMethod('call', arguments) }
    Steps steps = new Steps(sim: sim)
    if (!steps.metaClass.respondsTo(steps, name)) { throw new StepFailure("No such DSL method '${name}' found among steps") }
    steps.invokeMethod(name, arguments)
  }

  Object pipeline(Closure body) {
    Simulator sim = binding.getVariable('simulator')
    PipelineBlock block = new PipelineBlock(sim: sim)
    sim.run(body, block)
    if (block.label == null) { throw new InvalidPipeline("the section 'agent' is missing") }
    if (block.stagesBody == null) { throw new InvalidPipeline("the section 'stages' is missing") }
    StagesBlock stages = new StagesBlock(sim: sim)
    sim.run(block.stagesBody, stages)
    try {
      sim.onAgent(block.label) {
        try { stages.stages.each { it.go() } } catch (StepFailure ignored) { }
        if (block.postBody) { PostBlock post = new PostBlock(sim: sim); sim.run(block.postBody, post); post.run(sim.result) }
      }
    } catch (StepFailure failure) {
      sim.result = 'FAILURE'
      sim.event(failed: failure.message)
    }
    sim.event(result: sim.result)
  }
}

Simulator simulator = new Simulator()
File jenkinsfile = null
List given = args as List
while (given) {
  String option = given.remove(0), text = given.remove(0)
  List pair = text.split('=', 2)
  switch (option) {
    case '--jenkinsfile': jenkinsfile = new File(text); break
    case '--scm': simulator.scm = new File(text); break
    case '--folder': simulator.folder = new File(text); break
    case '--agent': simulator.agents << text; break
    case '--cred': simulator.credentials[pair[0]] = pair[1]; break
    case '--param': simulator.params[pair[0]] = pair[1]; break
    case '--env': simulator.env.values[pair[0]] = pair[1]; break
    case '--library': simulator.libraries[pair[0]] = new File(pair[1]); break
    default: throw new IllegalArgumentException("unknown option ${option}")
  }
}

CompilerConfiguration configuration = new CompilerConfiguration(scriptBaseClass: StepScript.name)
Binding binding = new Binding([simulator: simulator, env: simulator.env, params: simulator.params])
GroovyShell shell = new GroovyShell(this.class.classLoader, binding, configuration)
try {
  // The annotation only names the library; Jenkins resolves it before the file is compiled.
  String source = jenkinsfile.text.replaceAll(/@Library\('([\w-]+)'\) _\n/) { all, name ->
    if (!simulator.libraries.containsKey(name)) { throw new InvalidPipeline("there is no library '${name}'") }
    new File(simulator.libraries[name], 'vars').eachFileMatch(~/\w+\.groovy/) { file ->
      simulator.globals[file.name - '.groovy'] = shell.parse(file)
    }
    '\n'
  }
  shell.evaluate(source, 'Jenkinsfile')
} catch (CompilationFailedException | InvalidPipeline refused) {
  println JsonOutput.toJson([invalid: refused.message])
  System.exit(2)
}
System.exit(simulator.result == 'SUCCESS' ? 0 : 1)
